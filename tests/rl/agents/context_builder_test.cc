#include "rl/agents/context_builder.h"

#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <vector>

namespace rl {
namespace {

using ::testing::ElementsAre;

std::vector<double> List(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kDouble).contiguous().view(-1);
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

// Returns 3, 6 and 1.
datasets::EpisodeTensors ThreeEpisodes() {
  return LabelledEpisodes({{1, 2}, {1, 2, 3}, {0, 1, 0, 0}}, 2, 1);
}

// A scale of 2 is exact in float32.
ContextBuilder PlainBuilder() { return {datasets::Normalizer::Identity(2), /*return_scale=*/2}; }

ChainLink Whole(int64_t episode, int64_t num_steps, double target, bool completes) {
  return {.segment = {episode, 0, num_steps}, .target_return = target, .completes = completes};
}

TEST(ContextBuilderTest, AWholeChainIsLaidOutAsComputedByHand) {
  const StepTable table = MakeStepTable(ThreeEpisodes());
  const std::vector<HindsightChain> chains{{Whole(0, 2, 6, false), Whole(1, 3, 6, true)}};
  const models::Context context = PlainBuilder().Build(table, chains);
  EXPECT_EQ(context.observation_BSO.sizes(), (std::vector<int64_t>{1, 5, 2}));
  EXPECT_THAT(List(context.observation_BSO),
              ElementsAre(0, 10, 1, 11, 100, 110, 101, 111, 102, 112));
  EXPECT_TRUE(at::equal(context.action_BSA.flatten() * 1000,
                        at::tensor(std::vector<float>{0, 1, 100, 101, 102}).div(1000) * 1000));
  EXPECT_THAT(List(context.reward_BS), ElementsAre(1, 2, 1, 2, 3));
  // (6 - collected) / 2
  EXPECT_THAT(List(context.return_to_go_BS), ElementsAre(3, 2.5, 3, 2.5, 1.5));
  EXPECT_THAT(List(context.completed_BS), ElementsAre(0, 0, 0, 0, 1));
  EXPECT_THAT(List(context.step_BS), ElementsAre(0, 1, 0, 1, 2));
  EXPECT_THAT(List(context.trajectory_BS), ElementsAre(0, 0, 1, 1, 1));
}

TEST(ContextBuilderTest, AWindowKeepsItsStepsAndWhatWasCollectedBeforeIt) {
  const StepTable table = MakeStepTable(ThreeEpisodes());
  const std::vector<HindsightChain> chains{
      {{.segment = {1, 1, 2}, .target_return = 6, .completes = true}},
      {{.segment = {1, 2, 3}, .target_return = 6, .completes = true}}};
  const models::Context context = PlainBuilder().Build(table, chains, /*first_trajectory=*/4);
  EXPECT_THAT(List(context.observation_BSO), ElementsAre(101, 111, 102, 112));
  EXPECT_THAT(List(context.return_to_go_BS), ElementsAre(2.5, 1.5));
  EXPECT_THAT(List(context.step_BS), ElementsAre(1, 2));
  EXPECT_THAT(List(context.trajectory_BS), ElementsAre(4, 4));
  EXPECT_THAT(List(context.completed_BS), ElementsAre(0, 1)) << "only where the episode ends";
}

TEST(ContextBuilderTest, ShorterChainsArePaddedAtTheRightWithoutLoss) {
  const StepTable table = MakeStepTable(ThreeEpisodes());
  const std::vector<HindsightChain> chains{{Whole(2, 4, 3, false), Whole(0, 2, 3, true)},
                                           {Whole(2, 4, 1, true)}};
  const models::Context context = PlainBuilder().Build(table, chains);
  EXPECT_EQ(context.reward_BS.sizes(), (std::vector<int64_t>{2, 6}));
  EXPECT_THAT(List(context.step_BS[1]), ElementsAre(0, 1, 2, 3, 0, 0));
  EXPECT_THAT(List(context.reward_BS[1]), ElementsAre(0, 1, 0, 0, 0, 0));
  EXPECT_THAT(List(context.observation_BSO[1].narrow(0, 3, 3)), ElementsAre(203, 213, 0, 0, 0, 0));
  EXPECT_THAT(List(context.completed_BS), ElementsAre(0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0));
  EXPECT_THAT(List(LossWeights(chains, LossTrajectories::kAll)),
              ElementsAre(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0));
  EXPECT_THAT(List(LossWeights(chains, LossTrajectories::kLast)),
              ElementsAre(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0));
  EXPECT_THAT(List(LossWeights(chains, LossTrajectories::kRising)),
              ElementsAre(.5, .5, .5, .5, 1, 1, 1, 1, 1, 1, 0, 0));
}

TEST(ContextBuilderTest, ValuesOfStepsFollowTheirStepsIntoTheContext) {
  const StepTable table = MakeStepTable(ThreeEpisodes());
  const at::Tensor value_N = at::tensor({0.F, 1.F, 10.F, 11.F, 12.F, 20.F, 21.F, 22.F, 23.F});
  const std::vector<HindsightChain> chains{
      {Whole(0, 2, 6, false), {.segment = {1, 1, 3}, .target_return = 6, .completes = true}},
      {{.segment = {2, 1, 3}, .target_return = 1, .completes = true}}};
  EXPECT_THAT(List(StepValues(value_N, table, chains)), ElementsAre(0, 1, 11, 12, 21, 22, 0, 0));
}

TEST(ContextBuilderTest, StepsThatAreNotInTheTableAreRefused) {
  const StepTable table = MakeStepTable(ThreeEpisodes());
  const auto build = [&](const Segment& segment) {
    const std::vector<HindsightChain> chains{{{segment, /*target_return=*/6, /*completes=*/true}}};
    PlainBuilder().Build(table, chains);
  };
  build({2, 0, 4});
  EXPECT_THROW(build({2, 0, 5}), c10::Error);
  EXPECT_THROW(build({2, -1, 4}), c10::Error);
  EXPECT_THROW(build({2, 2, 2}), c10::Error);
}

TEST(ContextBuilderTest, ObservationsAreNormalized) {
  const StepTable table = MakeStepTable(ThreeEpisodes());
  const datasets::Normalizer normalizer{.mean_O = at::tensor({100.0F, 0.0F}),
                                        .std_O = at::tensor({1.0F, 10.0F})};
  const std::vector<HindsightChain> chains{
      {{.segment = {1, 2, 3}, .target_return = 6, .completes = true}}};
  const models::Context context = ContextBuilder(normalizer, 2).Build(table, chains);
  EXPECT_THAT(List(context.observation_BSO), ElementsAre(2, ::testing::DoubleNear(11.2, 1e-6)));
}

// The same trajectory once as a stored episode and once as it would arrive while acting: every
// tensor of the context must be equal bit for bit. Rewards of a third do not sum exactly, so
// another order or precision of summation would show.
TEST(ContextBuilderTest, TrainingAndActingSeeTheSameContextBitForBit) {
  const std::vector<float> rewards(50, 1.0F / 3);
  const datasets::EpisodeTensors episodes = LabelledEpisodes({rewards}, 2, 1);
  const datasets::Normalizer normalizer{.mean_O = at::tensor({3.0F, 5.0F}),
                                        .std_O = at::tensor({7.0F, 0.3F})};
  const ContextBuilder builder(normalizer, 1000);
  const std::vector<HindsightChain> chains{{Whole(0, 50, 700, false)}};
  const models::Context stored = builder.Build(MakeStepTable(episodes), chains);
  const models::Context live =
      builder.Build(MakeStepTable(episodes.observation_NO.narrow(0, 0, 50).unsqueeze(0),
                                  episodes.action_NA.unsqueeze(0), episodes.reward_N.unsqueeze(0)),
                    chains);
  EXPECT_TRUE(at::equal(stored.observation_BSO, live.observation_BSO));
  EXPECT_TRUE(at::equal(stored.action_BSA, live.action_BSA));
  EXPECT_TRUE(at::equal(stored.return_to_go_BS, live.return_to_go_BS));

  at::Tensor collected_B = at::tensor({0.0});
  for (int64_t t = 0; t < 50; ++t) {
    const LiveStep step{.observation_BO = episodes.observation_NO.narrow(0, t, 1),
                        .collected_B = collected_B,
                        .target_return = 700,
                        .step = t,
                        .trajectory = 0};
    const models::ContextStep next = builder.NextStep(step, std::nullopt);
    EXPECT_TRUE(at::equal(next.observation_BO, stored.observation_BSO.select(1, t)));
    EXPECT_TRUE(at::equal(next.return_to_go_B, stored.return_to_go_BS.select(1, t))) << t;
    EXPECT_TRUE(at::equal(next.step_B, stored.step_BS.select(1, t)));
    EXPECT_TRUE(at::equal(next.trajectory_B, stored.trajectory_BS.select(1, t)));
    collected_B = collected_B + episodes.reward_N.narrow(0, t, 1);
  }
}

TEST(ContextBuilderTest, TheLastOutcomeIsTheLastStepOfTheContext) {
  const StepTable table = MakeStepTable(ThreeEpisodes());
  const std::vector<HindsightChain> chains{{Whole(0, 2, 6, false), Whole(1, 3, 6, true)}};
  const models::StepOutcome last = ContextBuilder::LastOutcome(PlainBuilder().Build(table, chains));
  EXPECT_THAT(List(last.action_BA * 1000), ElementsAre(::testing::DoubleNear(102, 1e-4)));
  EXPECT_THAT(List(last.reward_B), ElementsAre(3));
  EXPECT_THAT(List(last.completed_B), ElementsAre(1));
  EXPECT_THAT(List(last.step_B), ElementsAre(2));
  EXPECT_THAT(List(last.trajectory_B), ElementsAre(1));
}

}  // namespace
}  // namespace rl
