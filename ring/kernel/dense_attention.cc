#include "ring/kernel/dense_attention.h"

#include "ring/kernel/vector_math.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <limits>

namespace ring {

at::Tensor CausalVisibility(int64_t num_queries, int64_t num_keys) {
  return at::ones({num_queries, num_keys}, at::kBool).tril(num_keys - num_queries);
}

PartialAttention DenseAttention(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                                const at::Tensor& v_BHKD, const at::Tensor& visible_QK) {
  StartVectorMath();
  const double scale = 1.0 / std::sqrt(static_cast<double>(q_BHQD.size(-1)));
  const at::Tensor q = q_BHQD.to(at::kDouble), k = k_BHKD.to(at::kDouble);
  at::Tensor score_BHQK = at::matmul(q, k.transpose(-2, -1)) * scale;
  const double infinity = std::numeric_limits<double>::infinity();
  if (visible_QK.defined())
    score_BHQK = score_BHQK.masked_fill(visible_QK.logical_not(), -infinity);

  const at::Tensor lse_BHQ = at::logsumexp(score_BHQK, /*dim=*/{-1});
  // For a hidden row exp(score - lse) would be NaN, and so would its gradient; the reference is
  // taken as 0 there, so that every weight is exp(-inf) = 0.
  const at::Tensor hidden_BHQ = lse_BHQ == -infinity;
  const at::Tensor reference_BHQ = lse_BHQ.masked_fill(hidden_BHQ, 0.0);
  const at::Tensor weight_BHQK = (score_BHQK - reference_BHQ.unsqueeze(-1)).exp();
  return {.out_BHQD = at::matmul(weight_BHQK, v_BHKD.to(at::kDouble)), .lse_BHQ = lse_BHQ};
}

}  // namespace ring
