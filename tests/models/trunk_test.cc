#include "models/trunk.h"

#include "models/agentic_transformer.h"
#include "models/transformer_pass.h"
#include "tests/models/random_context.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>

#include <string>
#include <vector>

namespace models {
namespace {

// Another way to remember than attention: token t becomes x_t + W mean(x_0, ..., x_t) + b.
class RunningMeanTrunk : public Trunk {
 public:
  explicit RunningMeanTrunk(int64_t model_dim)
      : map_(register_module("map", torch::nn::Linear(model_dim, model_dim))) {}

  std::string prefix() const override { return "running_mean"; }

  at::Tensor Forward(const at::Tensor& x_BTD, const TransformerPass& /*pass*/) const override {
    const at::Tensor count_T1 = at::arange(1, x_BTD.size(1) + 1, at::kFloat).unsqueeze(1);
    return x_BTD + at::linear(x_BTD.cumsum(1) / count_T1, map_->weight, map_->bias);
  }

  std::unique_ptr<TrunkCache> MakeCache(int64_t batch_size,
                                        const ring::Ring& /*ring*/) const override {
    return std::make_unique<Sums>(batch_size);
  }

  at::Tensor Continue(const at::Tensor& new_BTD, TrunkCache& cache) const override {
    auto& sums_BD = dynamic_cast<Sums&>(cache).sums_BD;
    std::vector<at::Tensor> out_BD;
    for (const at::Tensor& x_BD : new_BTD.unbind(1)) {
      sums_BD.push_back(sums_BD.empty() ? x_BD : sums_BD.back() + x_BD);
      const at::Tensor mean_BD = sums_BD.back() / static_cast<double>(sums_BD.size());
      out_BD.push_back(x_BD + at::linear(mean_BD, map_->weight, map_->bias));
    }
    return at::stack(out_BD, /*dim=*/1);
  }

 private:
  // The sum of the first 1, 2, ... tokens, so that any number of the last can be forgotten.
  struct Sums : TrunkCache {
    explicit Sums(int64_t batch_size) : chains(batch_size) {}
    int64_t batch_size() const override { return chains; }
    int64_t length() const override { return std::ssize(sums_BD); }
    int64_t bytes() const override { return 0; }
    void Truncate(int64_t length) override { sums_BD.resize(length); }

    int64_t chains;
    std::vector<at::Tensor> sums_BD;
  };

  torch::nn::Linear map_;
};

AgenticTransformer RunningMeanNetwork(uint64_t seed) {
  const AgenticTransformerOptions options = SmallOptions(TokenLayout::kFour);
  return {options, std::make_shared<RunningMeanTrunk>(options.model_dim), MakeGenerator(seed)};
}

at::Tensor Forward(const AgenticTransformer& network, const Context& context) {
  return network.Forward(Whole(context), /*dropout=*/nullptr, ring::Ring());
}

TEST(TrunkTest, AnotherTrunkActsStepByStepAsItPredictsWholeContexts) {
  const at::NoGradGuard no_grad;
  const AgenticTransformer network = RunningMeanNetwork(301);
  const Context context = RandomContext(/*batch=*/3, /*steps=*/20, /*trajectory_steps=*/8);
  const auto cache = network.MakeCache(3);
  network.AppendSteps(Narrow(context, 0, 8), std::nullopt, *cache);
  for (int64_t step : {8, 9, 10}) network.ActStep(StepAt(context, step), *cache);
  cache->Truncate(8 * network.tokens_per_step());  // those three are done anew

  std::vector<at::Tensor> actions_BA;
  for (int64_t step = 8; step < 20; ++step) {
    actions_BA.push_back(network.ActStep(StepAt(context, step), *cache));
  }
  const at::Tensor expected_BSA = Forward(network, context).narrow(1, 8, 12);
  EXPECT_LT((at::stack(actions_BA, 1) - expected_BSA).abs().max().item<double>(),
            tests::Tolerance(1e-5));
}

TEST(TrunkTest, AnotherTrunkTrainsAndMeetsItsTeacher) {
  const AgenticTransformer teacher = RunningMeanNetwork(302);
  AgenticTransformer network = RunningMeanNetwork(301);
  const Context context = RandomContext(4, 20, 8);
  const at::Tensor target_BSA = Forward(teacher, context).detach();
  std::vector<double> losses;
  for (int update = 0; update < 60; ++update) {
    network.zero_grad();
    const at::Tensor loss = (Forward(network, context) - target_BSA).square().mean();
    loss.backward();
    losses.push_back(loss.item<double>());
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : network.parameters()) parameter.sub_(0.1 * parameter.grad());
  }
  const at::Tensor memory = network.named_parameters()["running_mean.map.weight"];
  EXPECT_GT(memory.grad().abs().max().item<double>(), 0.0);
  EXPECT_LT(losses.back(), 0.2 * losses.front());
}

TEST(TrunkTest, ItsPrefixNamesTheParametersBetweenEmbeddingAndHead) {
  std::vector<std::string> names;
  for (const auto& item : RunningMeanNetwork(301).named_parameters()) {
    if (!item.key().starts_with("embedding.")) names.push_back(item.key());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"running_mean.map.weight", "running_mean.map.bias",
                                             "final_norm.weight", "final_norm.bias",
                                             "action.weight", "action.bias"}));
}

}  // namespace
}  // namespace models
