// Returns of a uniformly random policy beside those that another simulator's harness measured:
// resets, physics, rewards and episode lengths all at once.
#include "rl/env/environment.h"
#include "rl/env/random.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace rl {
namespace {

// Mean and standard deviation of a uniformly random policy's return, measured elsewhere (another
// simulator harness, 300 episodes for walker and quadruped, 500 for cheetah, 800 for jaco, 1000 for
// cartpole and maze), and how many episodes of ours are held against it: more where they scatter
// (a quadruped lands on its feet or on its back, a maze's ball stays in its corner or does not).
struct RandomReturn {
  const char* task;
  double mean, deviation;
  int num_episodes;
};
constexpr RandomReturn kRandomReturns[] = {{"walker_stand", 129.2, 12.3, 10},
                                           {"walker_walk", 32.0, 3.9, 10},
                                           {"walker_run", 22.8, 1.8, 10},
                                           {"cartpole_swingup", 26.5, 19.1, 10},
                                           {"cartpole_balance", 354, 59, 10},
                                           {"cheetah_run", 3.79, 1.35, 20},
                                           {"cheetah_run_backward", 20.4, 2.9, 20},
                                           {"quadruped_walk", 118, 204, 40},
                                           {"quadruped_run", 133, 214, 40},
                                           {"jaco_reach_top_left", 12.2, 30, 30},
                                           {"jaco_reach_top_right", 9.9, 25, 30},
                                           {"jaco_reach_bottom_left", 11.5, 30, 30},
                                           {"jaco_reach_bottom_right", 12.3, 33, 30},
                                           {"point_mass_maze_reach_top_left", 20.6, 83, 400},
                                           {"point_mass_maze_reach_top_right", 0, 0.05, 50},
                                           {"point_mass_maze_reach_bottom_left", 0, 0.05, 50},
                                           {"point_mass_maze_reach_bottom_right", 0, 0.05, 50}};

class RandomReturnTest : public ::testing::TestWithParam<RandomReturn> {};

TEST_P(RandomReturnTest, IsWhatOthersMeasured) {
  const auto environment = MakeEnvironment(GetParam().task, tests::Assets());
  const int num_episodes = GetParam().num_episodes;
  double sum = 0;
  for (uint64_t episode = 0; episode < static_cast<uint64_t>(num_episodes); ++episode) {
    environment->Reset(episode);
    Random random(1000 + episode);
    std::vector<float> action(static_cast<size_t>(environment->spec().action_dim));
    for (bool last = false; !last;) {
      for (float& value : action) value = static_cast<float>(random.Uniform(-1, 1));
      const StepResult result = environment->Step(action);
      sum += result.reward;
      last = result.last;
    }
  }
  // Four standard errors; the seeds are fixed, so this passes always or never.
  EXPECT_NEAR(sum / num_episodes, GetParam().mean,
              4 * GetParam().deviation / std::sqrt(num_episodes));
}

INSTANTIATE_TEST_SUITE_P(Tasks, RandomReturnTest, ::testing::ValuesIn(kRandomReturns),
                         [](const auto& test) { return std::string(test.param.task); });

}  // namespace
}  // namespace rl
