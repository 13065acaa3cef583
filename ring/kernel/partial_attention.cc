#include "ring/kernel/partial_attention.h"

#include "ring/kernel/vector_math.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/logaddexp.h>

#include <limits>

namespace ring {

PartialAttention Merge(const PartialAttention& a, const PartialAttention& b) {
  StartVectorMath();
  const at::Tensor lse_BHQ = at::logaddexp(a.lse_BHQ, b.lse_BHQ);
  // b's share of the joint normaliser, always in [0, 1]: no exponential can overflow. Where nobody
  // saw a key it would be exp(-inf + inf); there it is 0.
  const at::Tensor hidden_BHQ = lse_BHQ == -std::numeric_limits<double>::infinity();
  const at::Tensor share_BHQ = (b.lse_BHQ - lse_BHQ).exp_().masked_fill_(hidden_BHQ, 0.0);
  return {.out_BHQD = at::lerp(a.out_BHQD, b.out_BHQD, share_BHQ.unsqueeze(-1)),
          .lse_BHQ = lse_BHQ};
}

}  // namespace ring
