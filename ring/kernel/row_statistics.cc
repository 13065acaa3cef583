#include "ring/kernel/row_statistics.h"

#include <limits>
#include <numbers>

namespace ring {

template <typename T>
void ComputeRowStatistics(const ForwardRows& forward, IndexRange queries,
                          const BlockAttentionOptions& options, T* scratch,
                          const RowStatistics<T>& statistics) {
  const at::ScalarType unrounded = c10::CppTypeToScalarType<T>::value;
  const int64_t head_dim = forward.out.head_dim;
  const T* const lse = static_cast<const T*>(forward.lse);
  for (int64_t query = queries.begin; query < queries.end; ++query) {
    // The gradient as the products see it, the result as it was before any rounding.
    const T* const grad = ReadRows(forward.grad_out, query, 1, options.operands, scratch).data;
    const T* const out = ReadRows(forward.out, query, 1, unrounded, scratch + head_dim).data;
    double delta = 0;
    for (int64_t d = 0; d < head_dim; ++d) {
      delta += static_cast<double>(grad[d]) * static_cast<double>(out[d]);
    }
    statistics.scaled_delta[query] = static_cast<T>(delta * options.scale);

    const double exponent =
        static_cast<double>(lse[query * forward.lse_stride]) * std::numbers::log2e;
    const double infinity = std::numeric_limits<double>::infinity();
    statistics.lse_log2[query] = static_cast<T>(exponent == -infinity ? infinity : exponent);
  }
}

template void ComputeRowStatistics(const ForwardRows&, IndexRange, const BlockAttentionOptions&,
                                   float*, const RowStatistics<float>&);
template void ComputeRowStatistics(const ForwardRows&, IndexRange, const BlockAttentionOptions&,
                                   double*, const RowStatistics<double>&);

}  // namespace ring
