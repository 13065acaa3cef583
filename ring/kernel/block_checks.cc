#include "ring/kernel/block_checks.h"

#include <c10/util/Exception.h>

namespace ring {
namespace {

constexpr int64_t kMaxHeadDim = 256;

void CheckInput(const at::Tensor& x_BHTD, const char* name) {
  TORCH_CHECK_VALUE(x_BHTD.dim() == 4, name,
                    " must be (batch, heads, tokens, head dimension), got ", x_BHTD.sizes());
  const at::ScalarType type = x_BHTD.scalar_type();
  TORCH_CHECK_VALUE(type == at::kFloat || type == at::kDouble || type == at::kBFloat16, name,
                    " must be float32, float64 or bfloat16, got ", type);
  TORCH_CHECK_VALUE(x_BHTD.stride(3) == 1 || x_BHTD.size(3) <= 1, name,
                    " must have a contiguous last dimension, got strides ", x_BHTD.strides());
}

}  // namespace

at::ScalarType ResultType(at::ScalarType operands) {
  return operands == at::kDouble ? at::kDouble : at::kFloat;
}

void CheckOptions(const BlockAttentionOptions& options) {
  TORCH_CHECK_VALUE(options.operands == at::kFloat || options.operands == at::kDouble ||
                        options.operands == at::kBFloat16,
                    "attention computes from float32, float64 or bfloat16 operands, got ",
                    options.operands);
  TORCH_CHECK_VALUE(options.scale > 0, "the scale of the scores must be positive, got ",
                    options.scale);
  const double probability = options.dropout.probability;
  TORCH_CHECK_VALUE(probability >= 0 && probability < 1,
                    "a dropout probability lies in [0, 1), got ", probability);
}

void CheckQueries(const at::Tensor& q_BHQD, int64_t num_key_heads, int64_t max_keys,
                  const BlockAttentionOptions& options) {
  CheckInput(q_BHQD, "queries");
  CheckOptions(options);
  TORCH_CHECK_VALUE(q_BHQD.size(3) >= 1 && q_BHQD.size(3) <= kMaxHeadDim,
                    "a head's dimension lies in [1, ", kMaxHeadDim, "], got ", q_BHQD.size(3),
                    "; use more heads");
  TORCH_CHECK_VALUE(num_key_heads >= 1 && q_BHQD.size(1) % num_key_heads == 0, q_BHQD.size(1),
                    " query heads cannot share ", num_key_heads,
                    " key heads evenly; choose a divisor");
  TORCH_CHECK_VALUE(max_keys >= 0, "a block has at least 0 keys, got ", max_keys);
}

void CheckWhole(const at::Tensor& q_BHQD, const PartialAttention& whole,
                const at::Tensor& grad_out_BHQD, at::ScalarType operands) {
  const at::ScalarType type = ResultType(operands);
  TORCH_CHECK_VALUE(whole.out_BHQD.sizes() == q_BHQD.sizes() && whole.out_BHQD.stride(3) == 1 &&
                        whole.out_BHQD.scalar_type() == type,
                    "the forward's result must be ", type, " ", q_BHQD.sizes(), ", got ",
                    whole.out_BHQD.scalar_type(), " ", whole.out_BHQD.sizes());
  TORCH_CHECK_VALUE(
      whole.lse_BHQ.sizes() == q_BHQD.sizes().slice(0, 3) && whole.lse_BHQ.scalar_type() == type,
      "the forward's log-sum-exp must be ", type, " ", q_BHQD.sizes().slice(0, 3), ", got ",
      whole.lse_BHQ.scalar_type(), " ", whole.lse_BHQ.sizes());
  CheckInput(grad_out_BHQD, "the result's gradient");
  TORCH_CHECK_VALUE(grad_out_BHQD.sizes() == q_BHQD.sizes(), "the result's gradient ",
                    grad_out_BHQD.sizes(), " must have the queries' sizes ", q_BHQD.sizes());
}

void CheckBlock(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
                const BlockVisibility& visibility, const BlockLimits& limits) {
  CheckInput(k_BGKD, "keys");
  CheckInput(v_BGKD, "values");
  TORCH_CHECK_VALUE(k_BGKD.sizes() == v_BGKD.sizes(), "keys ", k_BGKD.sizes(), " and values ",
                    v_BGKD.sizes(), " must have the same sizes");
  TORCH_CHECK_VALUE(k_BGKD.size(0) == limits.batch && k_BGKD.size(1) == limits.key_heads &&
                        k_BGKD.size(3) == limits.head_dim,
                    "this pass attends to keys (", limits.batch, ", ", limits.key_heads, ", any, ",
                    limits.head_dim, "), got ", k_BGKD.sizes());
  TORCH_CHECK_VALUE(k_BGKD.size(2) <= limits.max_keys, "this pass was made for blocks of at most ",
                    limits.max_keys, " keys, got ", k_BGKD.size(2));
  TORCH_CHECK_VALUE(
      visibility.num_queries() == limits.queries && visibility.num_keys() == k_BGKD.size(2),
      "the visibility of ", visibility.num_queries(), " queries and ", visibility.num_keys(),
      " keys does not fit a block of ", limits.queries, " queries and ", k_BGKD.size(2), " keys");
}

void CheckKeyGradient(const at::Tensor& grad_BGKD, const at::Tensor& k_BGKD,
                      at::ScalarType operands) {
  CheckInput(grad_BGKD, "the keys' and values' gradients");
  TORCH_CHECK_VALUE(
      grad_BGKD.sizes() == k_BGKD.sizes() && grad_BGKD.scalar_type() == ResultType(operands),
      "the keys' and values' gradients must be ", ResultType(operands), " ", k_BGKD.sizes(),
      ", got ", grad_BGKD.scalar_type(), " ", grad_BGKD.sizes());
}

}  // namespace ring
