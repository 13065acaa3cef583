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

// All that decides a mask, apart from row and channel.
struct Mask {
  uint64_t hash;  // of seed, training step, layer and site
  int64_t first_chain;
  at::Tensor position_T;
  double probability;
};

// One token: out = x * (kept ? scale : 0), plus residual unless null.
struct Row {
  const float* x;
  const float* residual;
  float* out;
  int64_t num_channels;
  uint64_t hash;      // of the mask, chain and position
  int32_t threshold;  // kept when 31 bits of the channel's hash are not below
  float scale;
};

RING_EVERY_CPU void DropRow(const Row& row) {
  // What vectorising needs: local copies, a 32-bit counter, a signed comparison (of 31 bits), and a
  // choice between two constants instead of a product that happens or not.
  const uint32_t low = static_cast<uint32_t>(row.hash);
  const uint32_t high = static_cast<uint32_t>(row.hash >> 32);
  const int32_t threshold = row.threshold;
  const uint32_t num_channels = static_cast<uint32_t>(row.num_channels);
  const float scale = row.scale;
  const float* __restrict x = row.x;
  const float* __restrict residual = row.residual;
  float* __restrict out = row.out;
  for (uint32_t channel = 0; channel < num_channels; ++channel) {
    const uint32_t hash = ring::Scramble32(ring::Scramble32(low + channel) + high);
    const float factor = static_cast<int32_t>(hash >> 1) >= threshold ? scale : 0.0F;
    out[channel] = x[channel] * factor;
  }
  if (residual == nullptr) return;
  for (uint32_t channel = 0; channel < num_channels; ++channel) out[channel] += residual[channel];
}

// `residual` may be undefined.
at::Tensor Apply(const at::Tensor& residual_BTD, const at::Tensor& x_BTD, const Mask& mask) {
  const at::Tensor x = x_BTD.contiguous();
  const at::Tensor residual = residual_BTD.defined() ? residual_BTD.contiguous() : at::Tensor();
  at::Tensor out = at::empty_like(x);
  const int64_t num_tokens = x.size(1), num_channels = x.size(2);
  const Row whole = {.x = x.const_data_ptr<float>(),
                     .residual = residual.defined() ? residual.const_data_ptr<float>() : nullptr,
                     .out = out.mutable_data_ptr<float>(),
                     .num_channels = num_channels,
                     .hash = mask.hash,
                     .threshold = static_cast<int32_t>(mask.probability * 0x1p31),
                     .scale = static_cast<float>(1.0 / (1.0 - mask.probability))};
  const int64_t* const position =
      mask.position_T.defined() ? mask.position_T.const_data_ptr<int64_t>() : nullptr;
  const int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, num_channels));
  at::parallel_for(0, x.size(0) * num_tokens, grain, [&](int64_t begin, int64_t end) {
    for (int64_t token = begin; token < end; ++token) {
      const uint64_t chain = ring::Combine(mask.hash, mask.first_chain + token / num_tokens);
      Row row = whole;
      const int64_t t = token % num_tokens;
      row.hash = ring::Combine(chain, position != nullptr ? position[t] : t);
      row.x += token * num_channels;
      row.out += token * num_channels;
      if (row.residual != nullptr) row.residual += token * num_channels;
      DropRow(row);
    }
  });
  return out;
}

// Nothing is saved for backward but what decides the mask: it is computed again.
void Save(const Mask& mask, torch::autograd::AutogradContext* context) {
  context->saved_data["hash"] = static_cast<int64_t>(mask.hash);
  context->saved_data["first_chain"] = mask.first_chain;
  context->saved_data["position"] = mask.position_T;
  context->saved_data["probability"] = mask.probability;
}

Mask Load(torch::autograd::AutogradContext* context) {
  auto& saved = context->saved_data;
  return {.hash = static_cast<uint64_t>(saved["hash"].toInt()),
          .first_chain = saved["first_chain"].toInt(),
          .position_T = saved["position"].toTensor(),
          .probability = saved["probability"].toDouble()};
}

using torch::autograd::variable_list;

class DropoutFunction : public torch::autograd::Function<DropoutFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x_BTD,
                            const Mask& mask) {
    Save(mask, context);
    return Apply(at::Tensor(), x_BTD, mask);
  }

  static variable_list backward(torch::autograd::AutogradContext* context,
                                const variable_list& grads) {
    return {Apply(at::Tensor(), grads[0], Load(context)), at::Tensor()};
  }
};

class AddDropoutFunction : public torch::autograd::Function<AddDropoutFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& residual_BTD, const at::Tensor& x_BTD,
                            const Mask& mask) {
    Save(mask, context);
    return Apply(residual_BTD, x_BTD, mask);
  }

  static variable_list backward(torch::autograd::AutogradContext* context,
                                const variable_list& grads) {
    return {grads[0], Apply(at::Tensor(), grads[0], Load(context)), at::Tensor()};
  }
};

Mask MaskOf(double probability, const DropoutKey& key, const DropoutPlace& place) {
  uint64_t hash = ring::Scramble64(key.seed);
  for (const int64_t value : {key.train_step, place.layer, static_cast<int64_t>(place.site)}) {
    hash = ring::Combine(hash, value);
  }
  return {.hash = hash,
          .first_chain = key.first_chain,
          .position_T = key.position_T,
          .probability = probability};
}

void Check(const at::Tensor& x_BTD, double probability, const DropoutKey* key) {
  TORCH_CHECK(x_BTD.dim() == 3 && x_BTD.scalar_type() == at::kFloat,
              "dropout takes float32 (chains, tokens, channels), got ", x_BTD.scalar_type(), " ",
              x_BTD.sizes());
  TORCH_CHECK(key == nullptr || !key->position_T.defined() ||
                  (key->position_T.scalar_type() == at::kLong && key->position_T.is_contiguous() &&
                   key->position_T.sizes() == at::IntArrayRef(x_BTD.size(1))),
              "dropout takes one int64 position per token");
  TORCH_CHECK_VALUE(probability >= 0.0 && probability < 1.0, "a dropout probability lies in ",
                    "[0, 1), got ", probability);
}

}  // namespace

uint64_t StepSeed(const DropoutKey& key) {
  return ring::Combine(ring::Scramble64(key.seed), key.train_step);
}

at::Tensor Dropout(const at::Tensor& x_BTD, double probability, const DropoutKey* key,
                   const DropoutPlace& place) {
  Check(x_BTD, probability, key);
  if (key == nullptr || probability == 0.0) return x_BTD;
  return DropoutFunction::apply(x_BTD, MaskOf(probability, *key, place));
}

at::Tensor AddDropout(const at::Tensor& residual_BTD, const at::Tensor& x_BTD, double probability,
                      const DropoutKey* key, const DropoutPlace& place) {
  Check(x_BTD, probability, key);
  TORCH_CHECK(residual_BTD.sizes() == x_BTD.sizes(), "residual ", residual_BTD.sizes(),
              " and branch ", x_BTD.sizes(), " must have one shape");
  if (key == nullptr || probability == 0.0) return residual_BTD.add(x_BTD);
  return AddDropoutFunction::apply(residual_BTD, x_BTD, MaskOf(probability, *key, place));
}

}  // namespace models
