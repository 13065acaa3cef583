#include "rl/agents/mean_action_policy.h"

#include "models/mlp_actor.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace rl {
namespace {

std::shared_ptr<models::MlpActor> Actor() {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(301);
  return std::make_shared<models::MlpActor>(
      models::MlpActorOptions{.observation_dim = 3, .action_dim = 2, .hidden_dim = 8}, generator);
}

TEST(MeanActionPolicyTest, ActsOnTheNormalizedObservationWhateverCameBefore) {
  const auto actor = Actor();
  const datasets::Normalizer normalizer{.mean_O = at::full({3}, 0.5), .std_O = at::full({3}, 2.0)};
  MeanActionPolicy policy(actor, normalizer);
  const at::Tensor observation_NO = at::randn({4, 3}, at::make_generator<at::CPUGeneratorImpl>(1));
  const at::NoGradGuard no_grad;  // as a policy acts
  const at::Tensor expected = actor->MeanAction((observation_NO - 0.5) / 2);
  policy.StartChains(4, 301);
  for (int rollout = 0; rollout < 2; ++rollout) {
    policy.StartRollout();
    for (int step = 0; step < 2; ++step) {
      EXPECT_TRUE(at::equal(policy.Act(observation_NO), expected));
      policy.Observe(at::full({4}, step));
    }
    policy.FinishRollout();
  }
}

TEST(MeanActionPolicyTest, CallsOutOfTurnAndOtherShapesAreRefused) {
  MeanActionPolicy policy(Actor(), datasets::Normalizer::Identity(3));
  EXPECT_THROW(policy.StartRollout(), c10::Error);
  EXPECT_THROW(policy.StartChains(0, 1), c10::ValueError);
  policy.StartChains(2, 1);
  EXPECT_THROW(policy.Act(at::zeros({2, 3})), c10::Error);
  policy.StartRollout();
  EXPECT_THROW(policy.Act(at::zeros({3, 3})), c10::ValueError);
  EXPECT_THROW(policy.Act(at::zeros({2, 4})), c10::ValueError);
  policy.Act(at::zeros({2, 3}));
  EXPECT_THROW(policy.FinishRollout(), c10::Error);
  EXPECT_THROW(policy.Observe(at::zeros({3})), c10::ValueError);
}

}  // namespace
}  // namespace rl
