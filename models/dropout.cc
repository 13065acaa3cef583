#include "models/dropout.h"

#include "ring/kernel/counter_hash.h"
#include "ring/kernel/processor_level.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace models {
namespace {

// All of a mask that a row sees.
struct Factors {
  uint64_t hash;      // of the mask, chain and position
  int32_t threshold;  // kept when 31 bits of the channel's hash are not below
  float scale;
};

template <bool kHasBias, bool kHasResidual>
[[gnu::always_inline]] inline void DropChannels(const DropoutRow& row, const Factors& factors) {
  // What vectorising needs: local copies, a 32-bit counter, a signed comparison (of 31 bits), and a
  // choice between two constants instead of a product that happens or not.
  const uint32_t low = static_cast<uint32_t>(factors.hash);
  const uint32_t high = static_cast<uint32_t>(factors.hash >> 32);
  const int32_t threshold = factors.threshold;
  const uint32_t num_channels = static_cast<uint32_t>(row.num_channels);
  const float scale = factors.scale;
  const float* x = row.x;
  const float* __restrict bias = row.bias;
  const float* __restrict residual = row.residual;
  float* out = row.out;
#pragma GCC ivdep
  for (uint32_t channel = 0; channel < num_channels; ++channel) {
    const uint32_t hash = ring::Scramble32(ring::Scramble32(low + channel) + high);
    const float factor = static_cast<int32_t>(hash >> 1) >= threshold ? scale : 0.0F;
    float y = x[channel];
    if constexpr (kHasBias) y += bias[channel];
    y *= factor;
    if constexpr (kHasResidual) y += residual[channel];
    out[channel] = y;
  }
}

RING_EVERY_CPU void DropRow(const DropoutRow& row, const Factors& factors) {
  if (row.bias != nullptr) {
    return row.residual != nullptr ? DropChannels<true, true>(row, factors)
                                   : DropChannels<true, false>(row, factors);
  }
  return row.residual != nullptr ? DropChannels<false, true>(row, factors)
                                 : DropChannels<false, false>(row, factors);
}

// `residual` may be undefined.
at::Tensor Apply(const at::Tensor& residual_BTD, const at::Tensor& x_BTD, const DropoutMask& mask) {
  const at::Tensor x = x_BTD.contiguous();
  const at::Tensor residual = residual_BTD.defined() ? residual_BTD.contiguous() : at::Tensor();
  at::Tensor out = at::empty_like(x);
  const int64_t num_tokens = x.size(1), num_channels = x.size(2);
  const float* const from = x.const_data_ptr<float>();
  const float* const added = residual.defined() ? residual.const_data_ptr<float>() : nullptr;
  float* const to = out.mutable_data_ptr<float>();
  const int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, num_channels));
  at::parallel_for(0, x.size(0) * num_tokens, grain, [&](int64_t begin, int64_t end) {
    for (int64_t token = begin; token < end; ++token) {
      const int64_t offset = token * num_channels;
      mask.Apply({.x = from + offset,
                  .residual = added != nullptr ? added + offset : nullptr,
                  .out = to + offset,
                  .num_channels = num_channels},
                 token / num_tokens, token % num_tokens);
    }
  });
  return out;
}

using torch::autograd::variable_list;

class DropoutFunction : public torch::autograd::Function<DropoutFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x_BTD,
                            const DropoutMask& mask) {
    mask.Save(*context);
    return Apply(at::Tensor(), x_BTD, mask);
  }

  static variable_list backward(torch::autograd::AutogradContext* context,
                                const variable_list& grads) {
    return {Apply(at::Tensor(), grads[0], DropoutMask::Load(*context)), at::Tensor()};
  }
};

class AddDropoutFunction : public torch::autograd::Function<AddDropoutFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& residual_BTD, const at::Tensor& x_BTD,
                            const DropoutMask& mask) {
    mask.Save(*context);
    return Apply(residual_BTD, x_BTD, mask);
  }

  static variable_list backward(torch::autograd::AutogradContext* context,
                                const variable_list& grads) {
    return {grads[0], Apply(at::Tensor(), grads[0], DropoutMask::Load(*context)), at::Tensor()};
  }
};

void Check(const at::Tensor& x_BTD, const DropoutKey* key) {
  TORCH_CHECK(x_BTD.dim() == 3 && x_BTD.scalar_type() == at::kFloat,
              "dropout takes float32 (chains, tokens, channels), got ", x_BTD.scalar_type(), " ",
              x_BTD.sizes());
  TORCH_CHECK(key == nullptr || !key->position_T.defined() ||
                  (key->position_T.scalar_type() == at::kLong && key->position_T.is_contiguous() &&
                   key->position_T.sizes() == at::IntArrayRef(x_BTD.size(1))),
              "dropout takes one int64 position per token");
}

}  // namespace

uint64_t StepSeed(const DropoutKey& key) {
  return ring::Combine(ring::Scramble64(key.seed), key.train_step);
}

DropoutMask::DropoutMask(double probability, const DropoutKey* key, const DropoutPlace& place) {
  TORCH_CHECK_VALUE(probability >= 0.0 && probability < 1.0, "a dropout probability lies in ",
                    "[0, 1), got ", probability);
  if (key == nullptr || probability == 0) return;
  hash_ = ring::Scramble64(key->seed);
  for (const int64_t value : {key->train_step, place.layer, static_cast<int64_t>(place.site)}) {
    hash_ = ring::Combine(hash_, value);
  }
  first_chain_ = key->first_chain;
  position_T_ = key->position_T;
  probability_ = probability;
}

void DropoutMask::Apply(const DropoutRow& row, int64_t b, int64_t t) const {
  const int64_t position = position_T_.defined() ? position_T_.const_data_ptr<int64_t>()[t] : t;
  DropRow(row, {.hash = ring::Combine(ring::Combine(hash_, first_chain_ + b), position),
                .threshold = static_cast<int32_t>(probability_ * 0x1p31),
                .scale = static_cast<float>(1.0 / (1.0 - probability_))});
}

void DropoutMask::Save(torch::autograd::AutogradContext& context) const {
  context.saved_data["hash"] = static_cast<int64_t>(hash_);
  context.saved_data["first_chain"] = first_chain_;
  context.saved_data["position"] = position_T_;
  context.saved_data["probability"] = probability_;
}

DropoutMask DropoutMask::Load(torch::autograd::AutogradContext& context) {
  auto& saved = context.saved_data;
  DropoutMask mask;
  mask.hash_ = static_cast<uint64_t>(saved["hash"].toInt());
  mask.first_chain_ = saved["first_chain"].toInt();
  mask.position_T_ = saved["position"].toTensor();
  mask.probability_ = saved["probability"].toDouble();
  return mask;
}

at::Tensor Dropout(const at::Tensor& x_BTD, double probability, const DropoutKey* key,
                   const DropoutPlace& place) {
  Check(x_BTD, key);
  const DropoutMask mask(probability, key, place);
  return mask.keeps_everything() ? x_BTD : DropoutFunction::apply(x_BTD, mask);
}

at::Tensor AddDropout(const at::Tensor& residual_BTD, const at::Tensor& x_BTD, double probability,
                      const DropoutKey* key, const DropoutPlace& place) {
  Check(x_BTD, key);
  TORCH_CHECK(residual_BTD.sizes() == x_BTD.sizes(), "residual ", residual_BTD.sizes(),
              " and branch ", x_BTD.sizes(), " must have one shape");
  const DropoutMask mask(probability, key, place);
  return mask.keeps_everything() ? residual_BTD.add(x_BTD)
                                 : AddDropoutFunction::apply(residual_BTD, x_BTD, mask);
}

}  // namespace models
