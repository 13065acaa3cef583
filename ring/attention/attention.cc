#include "ring/attention/attention.h"

#include "ring/attention/attention_plan.h"
#include "ring/attention/attention_record.h"
#include "ring/attention/gather_attention.h"
#include "ring/attention/head_exchange.h"
#include "ring/attention/ring_backward.h"
#include "ring/attention/ring_forward.h"
#include "ring/kernel/decode_attention.h"

#include <ATen/core/ivalue.h>
#include <c10/util/Exception.h>
#include <c10/util/intrusive_ptr.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <utility>

namespace ring {
namespace {

// What backward finds again.
struct Call : torch::CustomClassHolder {
  Call(AttentionPlan call_plan, Ring call_ring)
      : plan(std::move(call_plan)), ring(std::move(call_ring)) {}

  AttentionPlan plan;
  Ring ring;
};

at::Tensor WithAdjacentRows(const at::Tensor& x_BHTD) {
  return x_BHTD.size(3) == 1 || x_BHTD.stride(3) == 1 ? x_BHTD : x_BHTD.contiguous();
}

// The rows, unrounded, and the record for backward.
HeadExchangeResult Forward(const Call& call, const AttentionInputs& inputs) {
  const AttentionPlan& plan = call.plan;
  if (plan.method == RingMethod::kHeads) return HeadExchangeForward(plan, inputs, call.ring);
  const PartialAttention whole = plan.method == RingMethod::kAllGather
                                     ? GatherForward(plan, inputs, call.ring)
                                     : RingForward(plan, inputs, call.ring);
  return {.out_BHQD = whole.out_BHQD, .record = {.inputs = inputs, .whole = whole}};
}

ShardGradients Backward(const Call& call, const AttentionRecord& record,
                        const at::Tensor& grad_out_BHQD) {
  switch (call.plan.method) {
    case RingMethod::kAllGather:
      return GatherBackward(call.plan, record, grad_out_BHQD, call.ring);
    case RingMethod::kHeads:
      return HeadExchangeBackward(call.plan, record, grad_out_BHQD, call.ring);
    default:
      return RingBackward(call.plan, record, grad_out_BHQD, call.ring);
  }
}

class AttentionFunction : public torch::autograd::Function<AttentionFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& q_BHQD,
                            const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
                            const c10::intrusive_ptr<Call>& call) {
    const auto [out_BHQD, record] = Forward(*call, {q_BHQD, k_BGKD, v_BGKD});
    const auto& [inputs, whole] = record;
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    context->save_for_backward(
        {inputs.q_BHQD, inputs.k_BGKD, inputs.v_BGKD, whole.out_BHQD, whole.lse_BHQ});
    return out_BHQD.to(q_BHQD.scalar_type());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    const auto holder = context->saved_data["call"].toCapsule();
    const Call& call = static_cast<const Call&>(*holder);
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const AttentionRecord record = {
        .inputs = {.q_BHQD = saved[0], .k_BGKD = saved[1], .v_BGKD = saved[2]},
        .whole = {.out_BHQD = saved[3], .lse_BHQ = saved[4]}};
    const ShardGradients grad = Backward(call, record, WithAdjacentRows(grads[0]));
    const at::ScalarType type = grads[0].scalar_type();
    return {grad.grad_q_BHQD.to(type), grad.grad_k_BGKD.to(type), grad.grad_v_BGKD.to(type),
            at::Tensor()};
  }
};

bool NeedsGradient(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  return at::GradMode::is_enabled() &&
         (q.requires_grad() || k.requires_grad() || v.requires_grad());
}

// Whether a few queries at the end of a cache that this process holds alone are all there is.
bool IsDecoding(const AttentionPlan& plan, const AttentionInputs& inputs) {
  const AttentionMask plain = {.causal = plan.mask.causal};
  return plan.ring_size() == 1 && plan.mask == plain && plan.query_heads == plan.key_heads &&
         plan.kernel.operands == at::kFloat && plan.kernel.dropout.probability == 0.0 &&
         inputs.q_BHQD.size(2) > 0 && CanDecode(inputs.q_BHQD, inputs.k_BGKD, inputs.v_BGKD);
}

}  // namespace

at::Tensor Attention(const at::Tensor& q_BHQD, const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
                     const AttentionOptions& options, const SequenceLayout& layout,
                     const Ring& ring) {
  AttentionPlan plan = MakeAttentionPlan(q_BHQD, k_BGKD, v_BGKD, options, layout, ring);
  const AttentionInputs inputs = {.q_BHQD = WithAdjacentRows(q_BHQD),
                                  .k_BGKD = WithAdjacentRows(k_BGKD),
                                  .v_BGKD = WithAdjacentRows(v_BGKD)};
  const bool needs_gradient = NeedsGradient(q_BHQD, k_BGKD, v_BGKD);
  if (!needs_gradient && IsDecoding(plan, inputs)) {
    return DecodeAttention(inputs.q_BHQD, inputs.k_BGKD, inputs.v_BGKD, options.mask.causal);
  }
  // Before ranks begin to talk; heard once, it costs nothing.
  if (ring.size() > 1) ring.communicator().AgreeOnce(Describe(plan), "attention");
  const auto call = c10::make_intrusive<Call>(std::move(plan), ring);
  if (needs_gradient) {
    return AttentionFunction::apply(inputs.q_BHQD, inputs.k_BGKD, inputs.v_BGKD, call);
  }
  return Forward(*call, inputs).out_BHQD.to(q_BHQD.scalar_type());
}

}  // namespace ring
