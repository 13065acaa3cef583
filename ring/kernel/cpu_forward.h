// The forward pass on the processor.
//
// The unit of work is a tile of queries of one head: a thread takes it, packs it once and runs
// along the keys it sees. Scores are made transposed, 16 queries wide, so that the maximum and the
// sum of a softmax are plain vectors, one lane per query:
//
//   S [keys x 16] = K Q^T       P = 2^(S - max)       out [16 x D] = rescale * out + P^T V
//
// `out` accumulates in the result itself, un-normalised, and the maximum in the result's `lse`;
// both get their final values in Finish(). Keys are read where they are; values are packed per
// tile.
#ifndef RING_KERNEL_CPU_FORWARD_H_
#define RING_KERNEL_CPU_FORWARD_H_

#include "ring/kernel/block_attention.h"

#include <cstdint>
#include <memory>

namespace ring {

// As MakeForwardPass() and ForwardPassBytes(), which check what is given.
std::unique_ptr<ForwardPass> MakeCpuForwardPass(const at::Tensor& q_BHQD, int64_t num_key_heads,
                                                int64_t max_keys,
                                                const BlockAttentionOptions& options);
int64_t CpuForwardPassBytes(const BlockShape& shape, at::ScalarType operands);

}  // namespace ring

#endif  // RING_KERNEL_CPU_FORWARD_H_
