#include "models/twin_critic.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/minimum.h>

namespace models {
namespace {

MlpOptions Shape(const TwinCriticOptions& options) {
  return {.input_dim = options.observation_dim + options.action_dim,
          .output_dim = 1,
          .hidden_dim = options.hidden_dim};
}

}  // namespace

at::Tensor QValues::Min() const { return at::minimum(first, second); }

TwinCritic::TwinCritic(const TwinCriticOptions& options, at::Generator& generator)
    : first_(register_module("first", std::make_shared<Mlp>(Shape(options), generator))),
      second_(register_module("second", std::make_shared<Mlp>(Shape(options), generator))) {}

TwinCritic::TwinCritic(const TwinCriticOptions& options)
    : first_(register_module("first", std::make_shared<Mlp>(Shape(options)))),
      second_(register_module("second", std::make_shared<Mlp>(Shape(options)))) {}

QValues TwinCritic::Forward(const at::Tensor& observation, const at::Tensor& action) const {
  const at::Tensor input = at::cat({observation, action}, /*dim=*/-1);
  const auto [first, second] =
      RunTwoMlps(input.reshape({-1, input.size(-1)}), first_->weights(), second_->weights());
  const at::IntArrayRef sizes = input.sizes().slice(0, input.dim() - 1);
  return {.first = first.view(sizes), .second = second.view(sizes)};
}

}  // namespace models
