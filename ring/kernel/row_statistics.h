// What backward needs of the forward's result: two numbers per query.
#ifndef RING_KERNEL_ROW_STATISTICS_H_
#define RING_KERNEL_ROW_STATISTICS_H_

#include "ring/kernel/block_attention.h"
#include "ring/kernel/token_rows.h"

#include <cstdint>

namespace ring {

// One head of what the forward returned, and the gradient of its result.
struct ForwardRows {
  TokenMatrix out;
  TokenMatrix grad_out;
  const void* lse = nullptr;  // of the results' type
  int64_t lse_stride = 0;     // between queries
};

template <typename T>
struct RowStatistics {
  T* lse_log2 =
      nullptr;  // [query] to base 2; +infinity for one that saw nothing: its weights are 0
  T* scaled_delta = nullptr;  // [query] scale * rowsum(grad_out * out), summed in double precision
};

// The statistics of queries [begin, end), each at its own place. `scratch` has room for two rows.
template <typename T>
void ComputeRowStatistics(const ForwardRows& forward, IndexRange queries,
                          const BlockAttentionOptions& options, T* scratch,
                          const RowStatistics<T>& statistics);

}  // namespace ring

#endif  // RING_KERNEL_ROW_STATISTICS_H_
