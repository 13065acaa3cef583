// The backward pass on the processor.
//
// The unit of work is a tile of keys of one head: a thread takes it, packs it once and runs along
// the queries that see it, with the weights made anew from the forward's lse. 16 keys wide:
//
//   S [queries x 16] = Q K^T    dP = dO V^T    P = 2^(S - lse)    dS = P (dP - Delta)
//   dV [16 x D] += P^T dO       dK [16 x D] += dS^T Q             dQ [queries x D] += dS K
//
// dK and dV belong to the tile. dQ is shared by the tiles of keys, which add to it in ascending
// order, each when its turn comes: so sums have one order, whatever the number of threads. A thread
// starts one tile of queries behind the previous one and then hardly ever waits.
#ifndef RING_KERNEL_CPU_BACKWARD_H_
#define RING_KERNEL_CPU_BACKWARD_H_

#include "ring/kernel/block_attention.h"

#include <cstdint>
#include <memory>

namespace ring {

struct BackwardInputs {
  at::Tensor q_BHQD;
  at::Tensor grad_out_BHQD;
  int64_t num_key_heads = 0;
  int64_t max_keys = 0;
};

// As MakeBackwardPass() and BackwardPassBytes(), which check what is given.
std::unique_ptr<BackwardPass> MakeCpuBackwardPass(const BackwardInputs& inputs,
                                                  const PartialAttention& whole,
                                                  const BlockAttentionOptions& options);
int64_t CpuBackwardPassBytes(const BlockShape& shape, at::ScalarType operands);

}  // namespace ring

#endif  // RING_KERNEL_CPU_BACKWARD_H_
