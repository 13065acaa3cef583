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

// `make` is called without arguments and returns an agent, the same every time.
template <class Make>
void ExpectContinuesBitForBit(const Make& make) {
  const auto uninterrupted = make();
  for (int64_t step = 0; step < 3; ++step) uninterrupted->Update(step, 1e-3);
  const SavedAgent middle = Save(*uninterrupted);
  Metrics expected;
  for (int64_t step = 3; step < 6; ++step) expected = uninterrupted->Update(step, 1e-3);

  const auto resumed = make();
  resumed->Update(17, 1e-2);  // whatever it did before must not show
  resumed->LoadModel(middle.model);
  resumed->LoadTraining(middle.training, middle.scalars);
  Metrics metrics;
  for (int64_t step = 3; step < 6; ++step) metrics = resumed->Update(step, 1e-3);

  EXPECT_EQ(metrics, expected);
  const SavedAgent a = Save(*uninterrupted), b = Save(*resumed);
  ExpectEqual(a.model, b.model);
  ExpectEqual(a.training, b.training);
  EXPECT_EQ(a.scalars, b.scalars);
}

// `other` differs from what `make` returns in its seed alone; neither has been updated.
template <class Make>
void ExpectSeedsDecideEverything(const Make& make, Algorithm& other) {
  const auto a = make(), b = make();
  const double loss = Get(a->Update(0, 1e-3), "loss");
  EXPECT_EQ(Get(b->Update(0, 1e-3), "loss"), loss);
  EXPECT_NE(Get(other.Update(0, 1e-3), "loss"), loss);
}

}  // namespace rl

#endif  // TESTS_RL_AGENTS_SAVED_AGENT_H_
