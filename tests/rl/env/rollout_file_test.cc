#include "rl/env/rollout_file.h"

#include "datasets/npz.h"
#include "tests/rl/env/test_data.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<double> Count(size_t size) {
  std::vector<double> values(size);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

class RolloutFileTest : public ::testing::Test {
 protected:
  // Two episodes of three steps.
  Rollouts MakeRollouts() const {
    return {.num_episodes = 2,
            .num_steps = 3,
            .actions = Count(6),
            .integration_states = Count(2 * static_cast<size_t>(spec_.integration_dim)),
            .physics = Count(2 * 4 * 4),
            .observations = Count(2 * 4 * 5),
            .rewards = Count(2 * 4)};
  }

  const EnvironmentSpec spec_ = LoadTask("cartpole_swingup", tests::Assets()).spec;
  const tests::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "rollouts.npz";
};

TEST_F(RolloutFileTest, ReadsBackWhatWasWritten) {
  const Rollouts written = MakeRollouts();
  WriteRollouts(path_, spec_, written);
  const Rollouts read = ReadRollouts(path_, spec_);
  EXPECT_EQ(read.num_episodes, 2);
  EXPECT_EQ(read.num_steps, 3);
  EXPECT_EQ(read.actions, written.actions);
  EXPECT_EQ(read.integration_states, written.integration_states);
  EXPECT_EQ(read.physics, written.physics);
  EXPECT_EQ(read.observations, written.observations);
  EXPECT_EQ(read.rewards, written.rewards);
}

TEST_F(RolloutFileTest, HasTheArraysOfARecording) {
  WriteRollouts(path_, spec_, MakeRollouts());
  const auto archive = datasets::NpzArchive::Open(path_);
  EXPECT_EQ(archive.Read("action").shape, (std::vector<int64_t>{2, 3, 1}));
  EXPECT_EQ(archive.Read("qpos").shape, (std::vector<int64_t>{2, 4, 2}));
  EXPECT_EQ(archive.Read("act").shape, (std::vector<int64_t>{2, 4, 0}));
  EXPECT_EQ(archive.Read("obs32").type, datasets::ElementType::kFloat32);
  EXPECT_EQ(archive.Read("obs32").shape, (std::vector<int64_t>{2, 4, 5}));
  EXPECT_EQ(archive.Read("reward").shape, (std::vector<int64_t>{2, 4}));
  const auto qvel = archive.Read("qvel");
  EXPECT_THAT(std::vector<double>(qvel.Values<double>().begin(), qvel.Values<double>().begin() + 4),
              ::testing::ElementsAre(3, 4, 7, 8));
}

TEST_F(RolloutFileTest, AFileOfAnotherTaskIsRefused) {
  WriteRollouts(path_, spec_, MakeRollouts());
  const EnvironmentSpec walker = LoadTask("walker_walk", tests::Assets()).spec;
  EXPECT_THAT([&] { ReadRollouts(path_, walker); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("rollouts.npz"), HasSubstr("action"), HasSubstr("(2, 3, 1)"),
                        HasSubstr("walker_walk"))));
}

TEST_F(RolloutFileTest, AFileWithoutInitialStatesIsRefused) {
  Rollouts rollouts = MakeRollouts();
  rollouts.physics.clear();
  rollouts.integration_states.clear();
  WriteRollouts(path_, spec_, rollouts);
  EXPECT_THAT([&] { ReadRollouts(path_, spec_); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("rollouts.npz"), HasSubstr("integration_state0"))));
}

TEST_F(RolloutFileTest, ValuesThatAreNotFiniteAreRefusedWithTheirEpisode) {
  Rollouts rollouts = MakeRollouts();
  rollouts.actions[4] = std::numeric_limits<double>::quiet_NaN();
  WriteRollouts(path_, spec_, rollouts);
  EXPECT_THAT([&] { ReadRollouts(path_, spec_); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("action"), HasSubstr("not finite in episode 1"))));
  rollouts = MakeRollouts();
  rollouts.integration_states.clear();
  rollouts.physics[17] = std::numeric_limits<double>::infinity();
  WriteRollouts(path_, spec_, rollouts);
  EXPECT_THAT([&] { ReadRollouts(path_, spec_); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("not finite in episode 1")));
}

}  // namespace
}  // namespace rl
