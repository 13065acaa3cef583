#include "models/mlp.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linear.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <tuple>

namespace models {
namespace {

MlpOptions Validated(const MlpOptions& options) {
  TORCH_CHECK_VALUE(options.input_dim >= 1 && options.output_dim >= 1 && options.hidden_dim >= 1,
                    "a perceptron of ", options.input_dim, " inputs, ", options.hidden_dim,
                    " hidden units and ", options.output_dim, " outputs: each must be at least 1");
  return options;
}

}  // namespace

at::Tensor RandomOrthogonal(int64_t rows, int64_t columns, at::Generator& generator) {
  const int64_t tall = std::max(rows, columns), slim = std::min(rows, columns);
  const at::Tensor gaussian = at::empty({tall, slim}, at::kFloat).normal_(0, 1, generator);
  const auto [q, r] = at::linalg_qr(gaussian);
  const at::Tensor orthogonal = q * r.diagonal().sign();
  return rows < columns ? orthogonal.t().contiguous() : orthogonal;
}

Mlp::Mlp(const MlpOptions& options)
    : options_(Validated(options)),
      input_(register_module("input", torch::nn::Linear(options.input_dim, options.hidden_dim))),
      hidden_(register_module("hidden", torch::nn::Linear(options.hidden_dim, options.hidden_dim))),
      output_(register_module("output", torch::nn::Linear(options.hidden_dim, options.output_dim))),
      norm_(register_module(
          "norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.hidden_dim})))) {}

Mlp::Mlp(const MlpOptions& options, at::Generator& generator) : Mlp(options) {
  const at::NoGradGuard no_grad;
  for (const torch::nn::Linear& layer : {input_, hidden_, output_}) {
    layer->weight.copy_(RandomOrthogonal(layer->weight.size(0), layer->weight.size(1), generator));
    layer->bias.zero_();
  }
}

MlpWeights Mlp::weights() const {
  const auto of = [](const auto& layer) { return AffineWeights{layer->weight, layer->bias}; };
  return {.input = of(input_), .norm = of(norm_), .hidden = of(hidden_), .output = of(output_)};
}

at::Tensor Mlp::Forward(const at::Tensor& x_BI) const {
  // The fused pass packs the weights first, which a few observations do not repay.
  constexpr int64_t kFewRows = 32;
  if (at::GradMode::is_enabled() || x_BI.numel() >= kFewRows * x_BI.size(-1)) {
    const at::Tensor y = RunMlp(x_BI.reshape({-1, x_BI.size(-1)}), weights());
    return y.unflatten(0, x_BI.sizes().slice(0, x_BI.dim() - 1));
  }
  at::Tensor hidden_BH = at::linear(x_BI, input_->weight, input_->bias);
  hidden_BH = at::layer_norm(hidden_BH, {options_.hidden_dim}, norm_->weight, norm_->bias).tanh_();
  hidden_BH = at::linear(hidden_BH, hidden_->weight, hidden_->bias).relu_();
  return at::linear(hidden_BH, output_->weight, output_->bias);
}

}  // namespace models
