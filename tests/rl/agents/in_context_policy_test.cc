// The oracle of acting is the full forward pass: everything that happened so far is recorded here,
// laid out as a stored dataset would be, and given to the network from scratch at every step.
#include "rl/agents/in_context_policy.h"

#include "models/agentic_transformer.h"
#include "ring/runtime/ring.h"
#include "tests/support/tolerance.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace rl {
namespace {

constexpr int64_t kChains = 3;
constexpr int64_t kObservationDim = 5;
constexpr int64_t kActionDim = 2;
constexpr uint64_t kSeed = 301;
// Rewards are uniform in [0, 1]: rollouts of seven steps reach this about half of the time.
constexpr double kTarget = 3.5;

std::shared_ptr<models::AgenticTransformer> RandomNetwork(models::TokenLayout tokens,
                                                          int64_t max_trajectories = 0) {
  auto network = std::make_shared<models::AgenticTransformer>(
      models::AgenticTransformerOptions{.observation_dim = kObservationDim,
                                        .action_dim = kActionDim,
                                        .num_layers = 2,
                                        .num_heads = 2,
                                        .model_dim = 16,
                                        .max_episode_steps = 20,
                                        .max_trajectories = max_trajectories,
                                        .tokens = tokens,
                                        .initial_std = 0.3},  // large: every input matters
      at::make_generator<at::CPUGeneratorImpl>(kSeed));
  return network;
}

ContextBuilder Builder() {
  return {{.mean_O = at::full({kObservationDim}, 0.5), .std_O = at::full({kObservationDim}, 2.0)},
          /*return_scale=*/4};
}

// What happened in one rollout of all chains, one tensor per step.
struct Record {
  std::vector<at::Tensor> observations_NO, actions_NA, rewards_N;

  double Return(int64_t chain) const {
    double sum = 0;
    for (const at::Tensor& reward_N : rewards_N) sum += reward_N[chain].item<float>();
    return sum;
  }
};

// Recomputes the actions of the step about to be taken in `rollouts.back()`.
class FullForward {
 public:
  FullForward(std::shared_ptr<models::AgenticTransformer> network, int64_t window)
      : network_(std::move(network)), window_(window) {}

  // The next rollout has begun; what the last one shows of itself is drawn chain after chain.
  void FinishRollout(const Record& rollout) {
    std::vector<Segment> segments;
    const auto num_steps = static_cast<int64_t>(rollout.rewards_N.size());
    for (int64_t n = 0; n < kChains; ++n) {
      segments.push_back(DrawSegment(0, num_steps, window_, rng_));
    }
    shown_.push_back(segments);
  }

  // `first` rollouts have been forgotten.
  at::Tensor Act(const std::vector<Record>& rollouts, size_t first) const {
    std::vector<at::Tensor> actions;
    for (int64_t n = 0; n < kChains; ++n) actions.push_back(ActInChain(rollouts, first, n));
    return at::cat(actions);
  }

 private:
  at::Tensor ActInChain(const std::vector<Record>& rollouts, size_t first, int64_t n) const {
    StepTable table = EmptyTable();
    HindsightChain chain;
    for (size_t k = first; k < rollouts.size(); ++k) {
      AddEpisode(rollouts[k], n, table);
      const auto episode = static_cast<int64_t>(k - first);
      if (k + 1 < rollouts.size()) {
        Segment segment = shown_[k][n];
        segment.episode = episode;
        chain.push_back({segment, kTarget, rollouts[k].Return(n) >= kTarget});
      } else {
        const auto t = static_cast<int64_t>(rollouts[k].rewards_N.size());
        const int64_t begin = window_ == 0 ? 0 : t - t % window_;
        chain.push_back({{episode, begin, t + 1}, kTarget, /*completes=*/false});
      }
    }
    const std::vector<HindsightChain> chains{chain};
    const at::NoGradGuard no_grad;
    const models::ContextShard whole = models::TakeShard(
        Builder().Build(table, chains), ring::LayoutKind::kContiguous, ring::Ring());
    return network_->Forward(whole, nullptr, ring::Ring()).select(1, -1);
  }

  static StepTable EmptyTable() {
    return {.observation_NO = at::zeros({0, kObservationDim}),
            .action_NA = at::zeros({0, kActionDim}),
            .reward_N = at::zeros({0}),
            .collected_N = at::zeros({0}, at::kDouble),
            .observation_begin = {},
            .step_begin = {}};
  }

  // One row at a time; the step about to be acted on has an action and a reward of 9, which nothing
  // may look at.
  static void AddEpisode(const Record& rollout, int64_t n, StepTable& table) {
    table.observation_begin.push_back(table.observation_NO.size(0));
    table.step_begin.push_back(table.reward_N.size(0));
    double collected = 0;
    for (size_t t = 0; t < rollout.observations_NO.size(); ++t) {
      const bool past = t < rollout.rewards_N.size();
      const at::Tensor action_1A =
          past ? rollout.actions_NA[t].narrow(0, n, 1) : at::full({1, kActionDim}, 9.0);
      const at::Tensor reward_1 = past ? rollout.rewards_N[t].narrow(0, n, 1) : at::full({1}, 9.0);
      table.observation_NO =
          at::cat({table.observation_NO, rollout.observations_NO[t].narrow(0, n, 1)});
      table.action_NA = at::cat({table.action_NA, action_1A});
      table.reward_N = at::cat({table.reward_N, reward_1});
      table.collected_N = at::cat({table.collected_N, at::full({1}, collected, at::kDouble)});
      collected += reward_1.item<float>();
    }
  }

  std::shared_ptr<models::AgenticTransformer> network_;
  int64_t window_;
  std::mt19937_64 rng_{kSeed};
  std::vector<std::vector<Segment>> shown_;  // per finished rollout and chain
};

struct Play {
  std::vector<int64_t> rollout_lengths;
  // How many rollouts have been forgotten when step t of rollout k is acted on.
  std::function<size_t(size_t k, int64_t t)> forgotten = [](size_t, int64_t) { return 0; };
};

// The largest difference between the policy's actions and those of a full forward pass.
double WorstDifference(InContextPolicy& policy, FullForward oracle, const Play& play) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(302);
  std::vector<Record> rollouts;
  double worst = 0;
  policy.StartChains(kChains, kSeed);
  for (size_t k = 0; k < play.rollout_lengths.size(); ++k) {
    policy.StartRollout();
    rollouts.emplace_back();
    for (int64_t t = 0; t < play.rollout_lengths[k]; ++t) {
      Record& rollout = rollouts.back();
      rollout.observations_NO.push_back(at::randn({kChains, kObservationDim}, generator));
      const at::Tensor action_NA = policy.Act(rollout.observations_NO.back());
      const at::Tensor expected_NA = oracle.Act(rollouts, play.forgotten(k, t));
      worst = std::max(worst, (action_NA - expected_NA).abs().max().item<double>());
      rollout.actions_NA.push_back(action_NA);
      rollout.rewards_N.push_back(at::rand({kChains}, generator));
      policy.Observe(rollout.rewards_N.back());
    }
    policy.FinishRollout();
    oracle.FinishRollout(rollouts.back());
  }
  return worst;
}

class EveryLayoutAndWindowTest
    : public ::testing::TestWithParam<std::tuple<models::TokenLayout, int64_t>> {
 protected:
  // On tensors of a dozen numbers threads would only wait for each other.
  void SetUp() override { at::set_num_threads(1); }
};

// Float32 through two layers; acting and the full pass add in different orders.
constexpr double kRounding = 1e-5;

TEST_P(EveryLayoutAndWindowTest, ActionsEqualThoseOfAFullForwardPass) {
  const auto [tokens, window] = GetParam();
  const auto network = RandomNetwork(tokens, /*max_trajectories=*/8);
  InContextPolicy policy(network, Builder(), {.target_return = kTarget, .window = window});
  // Lengths that are and are not multiples of the windows, and shorter than one.
  const Play play{.rollout_lengths = {7, 8, 2, 7}};
  EXPECT_LE(WorstDifference(policy, FullForward(network, window), play),
            tests::Tolerance(kRounding));
}

// Almost three rollouts of seven steps, whole or one window of each, fit.
TEST_P(EveryLayoutAndWindowTest, AFullContextForgetsItsOldestWholeRollout) {
  const auto [tokens, window] = GetParam();
  const auto network = RandomNetwork(tokens);
  const int64_t shown = window == 0 ? 7 : std::min<int64_t>(window, 7);
  // One step less: from the third rollout on, the oldest goes when the current one shows its full
  // length.
  InContextPolicy policy(
      network, Builder(),
      {.target_return = kTarget, .window = window, .max_context_steps = 3 * shown - 1});
  const Play play{.rollout_lengths = {7, 7, 7, 7}, .forgotten = [&](size_t k, int64_t t) {
                    return k < 2 ? size_t{0} : k - 2 + (t + 1 >= shown ? 1 : 0);
                  }};
  EXPECT_LE(WorstDifference(policy, FullForward(network, window), play),
            tests::Tolerance(kRounding));
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, EveryLayoutAndWindowTest,
    ::testing::Combine(::testing::Values(models::TokenLayout::kThree, models::TokenLayout::kFour,
                                         models::TokenLayout::kFive, models::TokenLayout::kStep),
                       ::testing::Values(0, 1, 4, 7)),
    [](const auto& test) {
      return models::ToString(std::get<0>(test.param)) + "Window" +
             std::to_string(std::get<1>(test.param));
    });

TEST(InContextPolicyTest, TheTrajectoryEmbeddingBoundsTheRolloutsInTheContext) {
  const auto network = RandomNetwork(models::TokenLayout::kStep, /*max_trajectories=*/2);
  InContextPolicy policy(network, Builder(), {.target_return = kTarget});
  const Play play{.rollout_lengths = {4, 4, 4, 4},
                  .forgotten = [](size_t k, int64_t) { return k < 2 ? size_t{0} : k - 1; }};
  EXPECT_LE(WorstDifference(policy, FullForward(network, 0), play), tests::Tolerance(kRounding));
}

TEST(InContextPolicyTest, ChainsDoNotSeeEachOtherAndSeedsReproduce) {
  const auto network = RandomNetwork(models::TokenLayout::kFour);
  InContextPolicy policy(network, Builder(), {.target_return = kTarget, .window = 2});
  const auto last_action = [&](float other) {
    policy.StartChains(2, kSeed);
    at::Tensor action_NA;
    for (int rollout = 0; rollout < 2; ++rollout) {
      policy.StartRollout();
      for (int t = 0; t < 5; ++t) {
        at::Tensor observation_NO = at::full({2, kObservationDim}, 0.1F * static_cast<float>(t));
        observation_NO[1].fill_(other);
        action_NA = policy.Act(observation_NO);
        policy.Observe(at::full({2}, 0.5));
      }
      policy.FinishRollout();
    }
    return action_NA;
  };
  const at::Tensor a = last_action(0.3F), b = last_action(0.3F), c = last_action(-2.0F);
  EXPECT_TRUE(at::equal(a, b));
  EXPECT_TRUE(at::equal(a[0], c[0]));
  EXPECT_FALSE(at::equal(a[1], c[1]));
}

TEST(InContextPolicyTest, TheTargetReturnChangesTheAction) {
  const auto network = RandomNetwork(models::TokenLayout::kStep);
  const auto first_action = [&](double target) {
    InContextPolicy policy(network, Builder(), {.target_return = target});
    policy.StartChains(1, kSeed);
    policy.StartRollout();
    return policy.Act(at::zeros({1, kObservationDim}));
  };
  EXPECT_FALSE(at::equal(first_action(0), first_action(4)));
}

TEST(InContextPolicyTest, ARolloutThatAloneExceedsTheContextIsRefused) {
  InContextPolicy policy(RandomNetwork(models::TokenLayout::kStep), Builder(),
                         {.max_context_steps = 2});
  policy.StartChains(1, kSeed);
  policy.StartRollout();
  for (int t = 0; t < 2; ++t) {
    policy.Act(at::zeros({1, kObservationDim}));
    policy.Observe(at::zeros({1}));
  }
  EXPECT_THAT(
      [&] {
        policy.Act(at::zeros({1, kObservationDim}));
      },
      ::testing::ThrowsMessage<c10::ValueError>(
          ::testing::HasSubstr("2 steps, does not hold one rollout; raise it")));
}

TEST(InContextPolicyTest, CallsOutOfTurnAndOtherDimensionsAreRefused) {
  InContextPolicy policy(RandomNetwork(models::TokenLayout::kStep), Builder(), {});
  EXPECT_THROW(policy.StartRollout(), c10::Error);
  policy.StartChains(2, kSeed);
  EXPECT_THROW(policy.Act(at::zeros({2, kObservationDim})), c10::Error);
  policy.StartRollout();
  EXPECT_THROW(policy.FinishRollout(), c10::Error) << "nothing has happened yet";
  EXPECT_THROW(policy.Observe(at::zeros({2})), c10::Error);
  EXPECT_THROW(policy.Act(at::zeros({2, kObservationDim + 1})), c10::ValueError);
  EXPECT_THROW(policy.Act(at::zeros({3, kObservationDim})), c10::ValueError);
  policy.Act(at::zeros({2, kObservationDim}));
  EXPECT_THROW(policy.Observe(at::zeros({3})), c10::ValueError);
  policy.Observe(at::zeros({2}));
  policy.FinishRollout();
}

}  // namespace
}  // namespace rl
