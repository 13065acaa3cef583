#include "rl/env/vector_environment.h"

#include "rl/env/physics.h"
#include "tests/rl/env/allocation_counter.h"
#include "tests/rl/env/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

using ::testing::Each;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Play {
  std::vector<float> observations, rewards;
  std::vector<uint8_t> last;

  bool operator==(const Play&) const = default;
};

class VectorPlay {
 public:
  VectorPlay(const char* task, int num_environments, int num_threads,
             AutoReset auto_reset = AutoReset::kNever)
      : environments_({.task = task,
                       .assets = tests::Assets(),
                       .num_environments = num_environments,
                       .num_threads = num_threads,
                       .auto_reset = auto_reset}),
        count_(static_cast<size_t>(num_environments)),
        play_{.observations = std::vector<float>(
                  count_ * static_cast<size_t>(environments_.spec().observation_dim)),
              .rewards = std::vector<float>(count_),
              .last = std::vector<uint8_t>(count_)} {}

  void Reset(uint64_t first_seed) {
    std::vector<uint64_t> seeds(count_);
    std::iota(seeds.begin(), seeds.end(), first_seed);
    environments_.Reset(seeds, play_.observations);
  }
  void Step(const std::vector<float>& actions) {
    environments_.Step(actions, play_.observations, play_.rewards, play_.last);
  }
  std::vector<float> Actions(uint64_t seed) const {
    return tests::UniformActions(static_cast<int64_t>(count_) * environments_.spec().action_dim,
                                 seed);
  }

  VectorEnvironment& environments() { return environments_; }
  const Play& play() const { return play_; }

 private:
  VectorEnvironment environments_;
  size_t count_;
  Play play_;
};

TEST(VectorEnvironmentTest, ResultsDoNotDependOnTheNumberOfThreads) {
  VectorPlay one("walker_walk", 5, 1), three("walker_walk", 5, 3);
  one.Reset(301);
  three.Reset(301);
  EXPECT_EQ(one.play(), three.play());
  for (uint64_t step = 0; step < 40; ++step) {
    one.Step(one.Actions(step));
    three.Step(one.Actions(step));
    ASSERT_EQ(one.play(), three.play()) << "step " << step;
  }
}

TEST(VectorEnvironmentTest, EachEnvironmentIsTheSingleOneOfItsSeed) {
  VectorPlay many("cartpole_swingup", 3, 2);
  many.Reset(301);
  const auto single = MakeEnvironment("cartpole_swingup", tests::Assets());
  single->Reset(302);
  for (uint64_t step = 0; step < 100; ++step) {
    const std::vector<float> actions = many.Actions(step);
    many.Step(actions);
    const StepResult result = single->Step({&actions[1], 1});
    std::vector<float> observation(5);
    single->Observe(std::span<float>(observation));
    ASSERT_EQ(many.play().rewards[1], static_cast<float>(result.reward));
    for (size_t i = 0; i < 5; ++i) ASSERT_EQ(many.play().observations[5 + i], observation[i]);
  }
}

TEST(VectorEnvironmentTest, SteppingAllocatesNothing) {
  VectorPlay play("walker_walk", 4, 2);
  play.Reset(301);
  const std::vector<float> actions = play.Actions(301);
  for (int step = 0; step < 50; ++step) play.Step(actions);
  const int64_t before = tests::NumAllocations();
  for (int step = 0; step < 50; ++step) play.Step(actions);
  EXPECT_EQ(tests::NumAllocations(), before);
}

TEST(VectorEnvironmentTest, AFinishedEnvironmentWaitsForItsReset) {
  VectorPlay play("cartpole_balance", 2, 1);
  play.Reset(301);
  const std::vector<float> actions(2, 0.1f);
  for (int step = 0; step < 999; ++step) {
    play.Step(actions);
    ASSERT_THAT(play.play().last, Each(0));
  }
  play.Step(actions);
  EXPECT_THAT(play.play().last, Each(1));
  const Play at_end = play.play();
  play.Step(actions);
  EXPECT_EQ(play.play().observations, at_end.observations);
  EXPECT_THAT(play.play().rewards, Each(0));
  EXPECT_THAT(play.play().last, Each(1));
  EXPECT_THAT(play.environments().diverged(), Each(0));
  std::vector<float> observation(5);
  play.environments().ResetOne(1, 303, observation);
  play.Step(actions);
  EXPECT_EQ(play.play().last, (std::vector<uint8_t>{1, 0}));
}

TEST(VectorEnvironmentTest, ADivergenceEndsOneEpisodeAndIsReported) {
  VectorPlay play("walker_walk", 3, 2);
  play.Reset(301);
  play.environments().environment(1).physics().mutable_velocities()[4] = 1e12;
  play.Step(play.Actions(301));
  EXPECT_EQ(play.play().last, (std::vector<uint8_t>{0, 1, 0}));
  EXPECT_THAT(play.environments().diverged(), ::testing::ElementsAre(0, 1, 0));
  play.Reset(301);
  EXPECT_THAT(play.environments().diverged(), Each(0));
}

TEST(VectorEnvironmentTest, ABadActionIsRefusedWithItsPlaceBeforeAnythingMoves) {
  VectorPlay play("walker_walk", 4, 2);
  play.Reset(301);
  const Play before = play.play();
  std::vector<float> actions(24, 0.5f);
  actions[15] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT([&] { play.Step(actions); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("action 3 of environment 2 is nan")));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(play.environments().environment(i).step(), 0);
  EXPECT_EQ(play.play(), before);
}

TEST(VectorEnvironmentTest, EpisodesThatFollowHaveSeedsOfTheirOwn) {
  EXPECT_EQ(VectorEnvironment::EpisodeSeed(301, 0), 301u);
  std::set<uint64_t> seeds;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    for (uint64_t episode = 0; episode < 40; ++episode) {
      seeds.insert(VectorEnvironment::EpisodeSeed(seed, episode));
    }
  }
  EXPECT_EQ(seeds.size(), 1600u);
}

// An environment of the given seed after its reset.
std::vector<float> FirstObservation(uint64_t seed) {
  const auto single = MakeEnvironment("cartpole_balance", tests::Assets());
  single->Reset(seed);
  std::vector<float> observation(5);
  single->Observe(std::span<float>(observation));
  return observation;
}

std::vector<float> Row(const Play& play, size_t index) {
  return {play.observations.begin() + static_cast<std::ptrdiff_t>(5 * index),
          play.observations.begin() + static_cast<std::ptrdiff_t>(5 * index + 5)};
}

TEST(VectorEnvironmentTest, NextStepShowsTheTerminalObservationThenTheFirstOne) {
  VectorPlay play("cartpole_balance", 2, 2, AutoReset::kNextStep);
  play.Reset(301);
  std::vector<float> actions(2, 0.1f);
  for (int step = 0; step < 1000; ++step) play.Step(actions);
  EXPECT_THAT(play.play().last, Each(1));
  EXPECT_THAT(play.environments().terminal_observation(1), ElementsAreArray(Row(play.play(), 1)));
  actions[1] = std::numeric_limits<float>::quiet_NaN();  // ignored: it would not be used
  play.Step(actions);
  EXPECT_THAT(play.play().last, Each(0));
  EXPECT_THAT(play.play().rewards, Each(0));
  EXPECT_EQ(Row(play.play(), 1), FirstObservation(VectorEnvironment::EpisodeSeed(302, 1)));
  actions[1] = 0.1f;
  for (int step = 0; step < 1000; ++step) play.Step(actions);
  EXPECT_THAT(play.play().last, Each(1));
  play.Step(actions);
  EXPECT_EQ(Row(play.play(), 0), FirstObservation(VectorEnvironment::EpisodeSeed(301, 2)));
}

TEST(VectorEnvironmentTest, SameStepShowsTheFirstObservationAndKeepsTheTerminalOne) {
  VectorPlay waiting("cartpole_balance", 2, 1),
      going("cartpole_balance", 2, 2, AutoReset::kSameStep);
  for (VectorPlay* play : {&waiting, &going}) play->Reset(301);
  const std::vector<float> actions(2, 0.1f);
  for (int step = 0; step < 1000; ++step) {
    for (VectorPlay* play : {&waiting, &going}) play->Step(actions);
  }
  EXPECT_EQ(going.play().last, waiting.play().last);
  EXPECT_EQ(going.play().rewards, waiting.play().rewards);
  EXPECT_THAT(going.environments().terminal_observation(0),
              ElementsAreArray(Row(waiting.play(), 0)));
  EXPECT_EQ(Row(going.play(), 0), FirstObservation(VectorEnvironment::EpisodeSeed(301, 1)));
  going.Step(actions);
  EXPECT_THAT(going.play().last, Each(0));
  EXPECT_EQ(going.environments().environment(0).step(), 1);
}

TEST(VectorEnvironmentTest, SteppingThroughResetsAllocatesNothing) {
  VectorPlay play("cartpole_swingup", 4, 2, AutoReset::kSameStep);
  play.Reset(301);
  const std::vector<float> actions = play.Actions(301);
  for (int step = 0; step < 50; ++step) play.Step(actions);
  const int64_t before = tests::NumAllocations();
  for (int step = 0; step < 1000; ++step) play.Step(actions);
  EXPECT_EQ(tests::NumAllocations(), before);
}

TEST(VectorEnvironmentTest, AnAutomaticResetFollowsADivergence) {
  VectorPlay play("walker_walk", 3, 2, AutoReset::kSameStep);
  play.Reset(301);
  play.environments().environment(1).physics().mutable_velocities()[4] = 1e12;
  play.Step(play.Actions(301));
  EXPECT_EQ(play.play().last, (std::vector<uint8_t>{0, 1, 0}));
  EXPECT_THAT(play.environments().diverged(), ::testing::ElementsAre(0, 1, 0));
  play.Step(play.Actions(302));
  EXPECT_THAT(play.play().last, Each(0));
  EXPECT_THAT(play.environments().diverged(), Each(0));
  for (const float value : play.play().observations) EXPECT_TRUE(std::isfinite(value));
}

TEST(VectorEnvironmentTest, RefusesCountsBelowOneAndArraysOfAnotherSize) {
  EXPECT_THROW(VectorPlay("walker_walk", 0, 1), std::invalid_argument);
  EXPECT_THROW(VectorPlay("walker_walk", 1, 0), std::invalid_argument);
  VectorPlay play("walker_walk", 2, 1);
  play.Reset(301);
  EXPECT_THROW(play.Step(std::vector<float>(11)), std::invalid_argument);
  std::vector<uint64_t> seeds(3);
  std::vector<float> observations(48);
  EXPECT_THROW(play.environments().Reset(seeds, observations), std::invalid_argument);
}

}  // namespace
}  // namespace rl
