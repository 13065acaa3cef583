#include "experiments/commands/commands.h"
#include "experiments/locations.h"
#include "experiments/options/option_set.h"
#include "rl/env/rollout_file.h"
#include "rl/env/rollouts.h"
#include "tests/rl/render/read_png.h"
#include "tests/rl/render/test_context.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A recording of our own: two episodes of five steps from states set by hand.
class SimulateTest : public ::testing::Test {
 protected:
  SimulateTest() {
    rl::Rollouts start = {.num_episodes = 2,
                          .num_steps = 5,
                          .actions = {-1, 0.5, 0, 1, 0.25, 1, 1, -0.5, 0, 0},
                          .physics = std::vector<double>(2 * 6 * 4)};
    start.physics[1] = 3.0;       // the pole of episode 0 hangs, nearly
    start.physics[6 * 4] = -0.5;  // the cart of episode 1 is off the middle
    recorded_ = rl::Replay(shared_, start).rollouts;
    Write(recorded_);
  }

  void Write(const rl::Rollouts& rollouts) const {
    rl::WriteRollouts(input_, shared_.spec, rollouts);
  }

  int Run(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"--task", "cartpole_swingup", "--input", input_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunSimulate(arguments);
  }

  const rl::SharedTask shared_ = rl::LoadTask("cartpole_swingup", AssetFolder());
  const tests::TemporaryFolder folder_;
  const std::filesystem::path input_ = folder_ / "in.npz";
  rl::Rollouts recorded_;
};

TEST_F(SimulateTest, AFaithfulRecordingComparesEqualAndIsWrittenAgain) {
  const std::filesystem::path output = folder_ / "out.npz";
  EXPECT_EQ(Run({"--output", output, "--compare"}), 0);
  const rl::Rollouts written = rl::ReadRollouts(output, shared_.spec);
  EXPECT_EQ(written.physics, recorded_.physics);
  EXPECT_EQ(written.observations, recorded_.observations);
  EXPECT_EQ(written.rewards, recorded_.rewards);
  EXPECT_EQ(written.actions, recorded_.actions);
}

TEST_F(SimulateTest, OneWrongBitOfAStateFails) {
  rl::Rollouts wrong = recorded_;
  double& value = wrong.physics[9 * 4 + 2];  // a velocity of episode 1
  value = std::nextafter(value, 1e9);
  Write(wrong);
  const std::filesystem::path json_path = folder_ / "result.json";
  EXPECT_EQ(Run({"--compare", "--json", json_path}), 1);

  std::ifstream file(json_path);
  const nlohmann::json result = nlohmann::json::parse(file);
  ASSERT_EQ(result["rows"].size(), 2u);
  EXPECT_EQ(result["rows"][0]["episode"], 0);
  EXPECT_EQ(result["rows"][0]["max_abs_state"], 0.0);
  EXPECT_EQ(result["rows"][0]["max_abs_observation"], 0.0);
  EXPECT_EQ(result["rows"][0]["max_abs_reward"], 0.0);
  EXPECT_EQ(result["rows"][1]["different_states"], 1);
  EXPECT_GT(result["rows"][1]["max_abs_state"], 0.0);
}

TEST_F(SimulateTest, RewardsMayDifferInTheLastBitsOnly) {
  rl::Rollouts near = recorded_;
  near.rewards[3] += 5e-15;
  Write(near);
  EXPECT_EQ(Run({"--compare"}), 0);
  near.rewards[3] += 1e-13;
  Write(near);
  EXPECT_EQ(Run({"--compare"}), 1);
}

TEST_F(SimulateTest, ARecordingWithNothingToCompareIsNamed) {
  rl::Rollouts bare = recorded_;
  bare.rewards.clear();
  Write(bare);
  EXPECT_THAT([&] { Run({"--compare"}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("in.npz has nothing to compare")));
}

TEST_F(SimulateTest, AReplayCanBeFilmed) {
  if (!tests::CanDraw()) GTEST_SKIP() << tests::kNoOpenGl;
  const std::filesystem::path sheet = folder_ / "made/sheet.png";
  EXPECT_EQ(Run({"--video", folder_ / "frames/", "--contact-sheet", sheet, "--video-size", "64x48",
                 "--video-quality", "fast", "--video-episode", "1"}),
            0);
  // Cartpole's control step is 0.01 s: five steps are frames of the states 0, 2 and 4.
  EXPECT_TRUE(std::filesystem::exists(folder_ / "frames/frame_00002.png"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "frames/frame_00003.png"));
  const rl::Frame frame = tests::ReadPng(folder_ / "frames/frame_00000.png");
  EXPECT_EQ(frame.width, 64);
  EXPECT_EQ(frame.height, 48);
  const rl::Frame page = tests::ReadPng(sheet);
  EXPECT_EQ(page.width, 4 * 240 + 3 * 2);
  EXPECT_EQ(page.height, 2 * 180 + 2);  // six states in rows of four
}

TEST_F(SimulateTest, AnEpisodeThatIsNotThereCannotBeFilmed) {
  EXPECT_THROW(Run({"--video", folder_ / "frames/", "--video-episode", "2"}), UsageError);
}

TEST_F(SimulateTest, AFolderOfRecordingsIsARowPerTask) {
  for (const char* task : {"cartpole_swingup", "cartpole_balance"}) {
    std::filesystem::copy_file(input_, folder_ / ("rollout_" + std::string(task) + ".npz"));
  }
  const std::filesystem::path json_path = folder_ / "result.json";
  const auto run = [&](const std::string& tasks) {
    return RunSimulate(std::vector<std::string>{"--task", tasks, "--input", folder_.path(),
                                                "--compare", "--json", json_path});
  };
  EXPECT_EQ(run("cartpole_swingup,cartpole_balance"), 0);
  std::ifstream file(json_path);
  const nlohmann::json result = nlohmann::json::parse(file);
  ASSERT_EQ(result["rows"].size(), 2u);
  EXPECT_EQ(result["rows"][1]["task"], "cartpole_balance");
  EXPECT_EQ(result["rows"][1]["episodes"], 2);
  EXPECT_EQ(result["rows"][1]["steps"], 5);
  EXPECT_EQ(result["rows"][1]["different_states"], 0);
  EXPECT_EQ(result["rows"][1]["equal"], true);
  // The sparse task pays otherwise: one row that differs fails all.
  std::filesystem::copy_file(input_, folder_ / "rollout_cartpole_balance_sparse.npz");
  EXPECT_EQ(run("cartpole_swingup,cartpole_balance_sparse"), 1);
  EXPECT_THAT([&] { run("all"); },
              ThrowsMessage<std::exception>(HasSubstr("rollout_cartpole_swingup_sparse")))
      << "a recording that is missing is named";
}

TEST_F(SimulateTest, SeveralTasksNeedAFolderAndAFolderIsOnlyCompared) {
  EXPECT_THROW(
      RunSimulate(std::vector<std::string>{"--task", "all", "--input", input_, "--compare"}),
      UsageError);
  EXPECT_THROW(RunSimulate(std::vector<std::string>{"--task", "all", "--input", folder_.path(),
                                                    "--output", folder_ / "out.npz"}),
               UsageError);
}

TEST_F(SimulateTest, NothingToDoIsAUsageError) {
  EXPECT_THROW(Run({}), UsageError);
  EXPECT_THROW(RunSimulate(std::vector<std::string>{"--compare"}), UsageError);
}

}  // namespace
}  // namespace experiments
