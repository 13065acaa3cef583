#include "tests/rl/agents/recorded_updates.h"

#include "models/safetensors.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

namespace rl {
namespace {

// Float32 against float64, a dozen sums of eight.
constexpr double kTolerance = 1e-5;

// Relative to the tensor's largest element.
void ExpectClose(const at::Tensor& actual, const at::Tensor& expected, const std::string& what) {
  ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
  const double error = (actual - expected).abs().max().item<double>();
  EXPECT_LE(error, tests::Tolerance(kTolerance) * expected.abs().max().item<double>()) << what;
}

// Everything an agent would save, under the recorded names.
NamedTensors StateOf(const Algorithm& agent) {
  NamedTensors state = agent.ModelTensors();
  nlohmann::json scalars;
  agent.SaveTraining(state, scalars);
  return state;
}

}  // namespace

RecordedUpdates::RecordedUpdates(std::string name, const std::string& file)
    : name_(std::move(name)) {
  const std::filesystem::path path = std::filesystem::path(RINGRL_ORACLES) / file;
  for (const auto& [full_name, tensor] : models::ReadSafetensors(path).tensors) {
    const std::string prefix = name_ + "/";
    if (full_name.starts_with(prefix)) tensors_[full_name.substr(prefix.size())] = tensor;
  }
  EXPECT_FALSE(tensors_.empty()) << name_;
}

AgentOptions RecordedUpdates::Options() {
  AgentOptions options;
  options.optimizer = {.weight_decay = 0, .gradient_clip = 0};
  options.baseline.hidden_dim = 8;
  options.validation_fraction = 0;
  return options;
}

const at::Tensor& RecordedUpdates::At(int update, const std::string& name) const {
  return tensors_.at(std::to_string(update) + "/" + name);
}

void RecordedUpdates::Start(Algorithm& agent) const {
  const auto replace = [this](NamedTensors& tensors) {
    for (auto& [name, tensor] : tensors) {
      const auto found = tensors_.find("initial/" + name);
      if (found != tensors_.end()) tensor = found->second;
    }
  };
  NamedTensors model = agent.ModelTensors(), training;
  nlohmann::json scalars;
  agent.SaveTraining(training, scalars);
  replace(model);
  replace(training);
  agent.LoadModel(model);
  agent.LoadTraining(training, nlohmann::json::parse(scalars.dump()));
}

TransitionBatch RecordedUpdates::Batch(int update) const {
  return {.observation_BO = At(update, "observation"),
          .action_BA = At(update, "action"),
          .reward_B = At(update, "reward"),
          .discount_B = At(update, "discount"),
          .next_observation_BO = At(update, "next_observation")};
}

void RecordedUpdates::ExpectMetrics(int update, const Metrics& metrics,
                                    const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    const auto found = std::ranges::find(metrics, name, &Metrics::value_type::first);
    ASSERT_NE(found, metrics.end()) << name_ << " has no metric " << name;
    const double expected = At(update, name).item<double>();
    EXPECT_NEAR(found->second, expected, tests::Tolerance(kTolerance) * std::abs(expected))
        << name_ << ", update " << update << ", " << name;
  }
}

void RecordedUpdates::ExpectEnd(const Algorithm& agent) const {
  const NamedTensors state = StateOf(agent);
  for (const auto& [path, expected] : tensors_) {
    const std::string name = path.substr(path.find('/') + 1);
    const std::string what = name_ + ", " + path;
    if (path.starts_with("final/")) {
      ASSERT_TRUE(state.contains(name)) << what;
      ExpectClose(state.at(name).detach(), expected, what);
    } else if (path.starts_with("gradient/")) {
      ASSERT_TRUE(state.contains(name) && state.at(name).grad().defined()) << what;
      ExpectClose(state.at(name).grad(), expected, what);
    }
  }
}

}  // namespace rl
