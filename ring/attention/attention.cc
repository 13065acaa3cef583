#include "ring/attention/attention.h"

#include "ring/kernel/decode_attention.h"
#include "ring/kernel/flash_attention.h"
#include "ring/kernel/partial_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstdint>

namespace ring {
namespace {

// Causal queries that continue a sequence see two blocks: the K - Q keys before them, whole, and
// their own, up to the diagonal.
//
//            keys known before | own keys
//   query 0  x x x x x x x x x | x . .
//   query 1  x x x x x x x x x | x x .
//   query 2  x x x x x x x x x | x x x
struct Blocks {
  at::Tensor past_BHKD;
  at::Tensor own_BHQD;
};

Blocks Split(const at::Tensor& x_BHKD, int64_t num_own) {
  const int64_t num_past = x_BHKD.size(2) - num_own;
  return {.past_BHKD = x_BHKD.narrow(2, 0, num_past),
          .own_BHQD = x_BHKD.narrow(2, num_past, num_own)};
}

PartialAttention Forward(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                         const at::Tensor& v_BHKD, bool causal) {
  if (!causal) return FlashForward(q_BHQD, k_BHKD, v_BHKD, BlockMask::kFull);
  const Blocks k = Split(k_BHKD, q_BHQD.size(2)), v = Split(v_BHKD, q_BHQD.size(2));
  const PartialAttention own = FlashForward(q_BHQD, k.own_BHQD, v.own_BHQD, BlockMask::kDiagonal);
  if (k.past_BHKD.size(2) == 0) return own;
  return Merge(FlashForward(q_BHQD, k.past_BHKD, v.past_BHKD, BlockMask::kFull), own);
}

AttentionGradients Backward(const at::Tensor& grad_out_BHQD, const at::Tensor& q_BHQD,
                            const at::Tensor& k_BHKD, const at::Tensor& v_BHKD,
                            const PartialAttention& whole, bool causal) {
  if (!causal) {
    return FlashBackward(grad_out_BHQD, q_BHQD, k_BHKD, v_BHKD, whole, BlockMask::kFull);
  }
  const Blocks k = Split(k_BHKD, q_BHQD.size(2)), v = Split(v_BHKD, q_BHQD.size(2));
  const AttentionGradients own =
      FlashBackward(grad_out_BHQD, q_BHQD, k.own_BHQD, v.own_BHQD, whole, BlockMask::kDiagonal);
  if (k.past_BHKD.size(2) == 0) return own;
  const AttentionGradients past =
      FlashBackward(grad_out_BHQD, q_BHQD, k.past_BHKD, v.past_BHKD, whole, BlockMask::kFull);
  return {.grad_q_BHQD = past.grad_q_BHQD + own.grad_q_BHQD,
          .grad_k_BHKD = at::cat({past.grad_k_BHKD, own.grad_k_BHKD}, /*dim=*/2),
          .grad_v_BHKD = at::cat({past.grad_v_BHKD, own.grad_v_BHKD}, /*dim=*/2)};
}

class AttentionFunction : public torch::autograd::Function<AttentionFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& q_BHQD,
                            const at::Tensor& k_BHKD, const at::Tensor& v_BHKD, bool causal) {
    const PartialAttention whole = Forward(q_BHQD, k_BHKD, v_BHKD, causal);
    context->saved_data["causal"] = causal;
    context->save_for_backward({q_BHQD, k_BHKD, v_BHKD, whole.out_BHQD, whole.lse_BHQ});
    return whole.out_BHQD;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const PartialAttention whole = {.out_BHQD = saved[3], .lse_BHQ = saved[4]};
    const AttentionGradients grad = Backward(grads[0], saved[0], saved[1], saved[2], whole,
                                             context->saved_data["causal"].toBool());
    return {grad.grad_q_BHQD, grad.grad_k_BHKD, grad.grad_v_BHKD, at::Tensor()};
  }
};

void CheckShapes(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD, const at::Tensor& v_BHKD) {
  TORCH_CHECK_VALUE(q_BHQD.dim() == 4 && k_BHKD.dim() == 4 && v_BHKD.dim() == 4,
                    "attention takes tensors (batch, heads, tokens, head_dim), got ",
                    q_BHQD.sizes(), ", ", k_BHKD.sizes(), " and ", v_BHKD.sizes());
  TORCH_CHECK_VALUE(k_BHKD.sizes() == v_BHKD.sizes(), "keys ", k_BHKD.sizes(), " and values ",
                    v_BHKD.sizes(), " must have one shape");
  TORCH_CHECK_VALUE(q_BHQD.size(0) == k_BHKD.size(0) && q_BHQD.size(1) == k_BHKD.size(1) &&
                        q_BHQD.size(3) == k_BHKD.size(3),
                    "queries ", q_BHQD.sizes(), " and keys ", k_BHKD.sizes(),
                    " must agree in batch, heads and head_dim");
}

bool NeedsGradient(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  return at::GradMode::is_enabled() &&
         (q.requires_grad() || k.requires_grad() || v.requires_grad());
}

}  // namespace

at::Tensor Attention(const at::Tensor& q_BHQD, const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
                     const AttentionOptions& options, const SequenceLayout& layout,
                     const Ring& ring) {
  CheckShapes(q_BHQD, k_BGKD, v_BGKD);
  const AttentionMask& mask = options.mask;
  const int64_t num_queries = q_BHQD.size(2), num_keys = k_BGKD.size(2);
  TORCH_CHECK_VALUE(layout.ring_size() == ring.size(), "a layout for ", layout.ring_size(),
                    " ranks cannot serve a ring of ", ring.size());
  TORCH_CHECK_VALUE(layout.ShardSize(ring.rank()) == num_keys, "the layout gives rank ",
                    ring.rank(), " ", layout.ShardSize(ring.rank()), " tokens, but it holds ",
                    num_keys, " keys");
  TORCH_CHECK_VALUE(!mask.causal || num_queries <= num_keys, "causal queries are the last of the ",
                    "keys' tokens, so there cannot be ", num_queries, " queries over ", num_keys,
                    " keys");

  if (NeedsGradient(q_BHQD, k_BGKD, v_BGKD)) {
    return AttentionFunction::apply(q_BHQD, k_BGKD, v_BGKD, mask.causal);
  }
  if (num_queries > 0 && num_keys > 0 && CanDecode(q_BHQD, k_BGKD, v_BGKD)) {
    return DecodeAttention(q_BHQD, k_BGKD, v_BGKD, mask.causal);
  }
  return Forward(q_BHQD, k_BGKD, v_BGKD, mask.causal).out_BHQD;
}

}  // namespace ring
