#include "rl/render/episode_states.h"

#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace rl {
namespace {

class StateRecorderTest : public ::testing::Test {
 protected:
  void Step() {
    environment_->Step(std::vector<float>{0.5f});
    recorder_.Record(*environment_);
  }
  void Reset(uint64_t seed) {
    environment_->Reset(seed);
    recorder_.Record(*environment_);
  }
  std::vector<double> State() const {
    std::vector<double> state(static_cast<size_t>(environment_->physics().state_dim()));
    environment_->physics().GetState(state);
    return state;
  }

  std::unique_ptr<Environment> environment_ = MakeEnvironment("cartpole_balance", tests::Assets());
  StateRecorder recorder_;
};

TEST_F(StateRecorderTest, KeepsTheInitialStateAndOnePerStepOfEachEpisode) {
  Reset(301);
  const std::vector<double> initial = State();
  Step();
  Step();
  const std::vector<double> second = State();
  Reset(302);
  ASSERT_EQ(recorder_.episodes().size(), 2u);
  const EpisodeStates& first = recorder_.episodes()[0];
  ASSERT_EQ(first.size(), 3);
  EXPECT_EQ(std::vector<double>(first[0].begin(), first[0].end()), initial);
  EXPECT_EQ(std::vector<double>(first[2].begin(), first[2].end()), second);
  EXPECT_EQ(recorder_.episodes()[1].size(), 1);
}

// An evaluation goes on until its last chain is through; others wait, and must not be kept twice.
TEST_F(StateRecorderTest, CalledAgainWithoutAStepItDoesNothing) {
  Reset(301);
  Step();
  recorder_.Record(*environment_);
  recorder_.Record(*environment_);
  EXPECT_EQ(recorder_.episodes()[0].size(), 2);
}

TEST_F(StateRecorderTest, LeavesOutTheStateAfterADivergence) {
  Reset(301);
  Step();
  environment_->physics().mutable_velocities()[0] = 1e20;
  Step();
  ASSERT_TRUE(environment_->physics().diverged());
  recorder_.Record(*environment_);
  EXPECT_EQ(recorder_.episodes()[0].size(), 2);
}

}  // namespace
}  // namespace rl
