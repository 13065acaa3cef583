// All that a checkpoint holds of an agent, and what tests ask of it.
#ifndef TESTS_RL_AGENTS_SAVED_AGENT_H_
#define TESTS_RL_AGENTS_SAVED_AGENT_H_

#include "rl/agents/algorithm.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace rl {

inline double Get(const Metrics& metrics, const std::string& name) {
  for (const auto& [key, value] : metrics) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

inline NamedTensors Copy(const NamedTensors& tensors) {
  NamedTensors copy;
  for (const auto& [name, tensor] : tensors) copy[name] = tensor.detach().clone();
  return copy;
}

inline void ExpectEqual(const NamedTensors& a, const NamedTensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_TRUE(b.contains(name)) << name;
    EXPECT_TRUE(at::equal(tensor, b.at(name))) << name;
  }
}

struct SavedAgent {
  NamedTensors model, training;
  nlohmann::json scalars;
};

inline SavedAgent Save(const Algorithm& agent) {
  SavedAgent saved{.model = Copy(agent.ModelTensors()), .training = {}, .scalars = {}};
  NamedTensors training;
  agent.SaveTraining(training, saved.scalars);
  saved.training = Copy(training);
  saved.scalars = nlohmann::json::parse(saved.scalars.dump());
  return saved;
}

}  // namespace rl

#endif  // TESTS_RL_AGENTS_SAVED_AGENT_H_
