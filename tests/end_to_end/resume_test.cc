// A run that was interrupted, politely or not, ends in the same bytes as one that was not.
#include "tests/end_to_end/tiny_training.h"
#include "tests/support/run_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tests {
namespace {

using ::testing::HasSubstr;

// Long enough that a run is caught in the middle, short enough to wait for.
constexpr int kLongRun = 400;

class ResumeTest : public TinyTrainingTest {
 protected:
  std::vector<std::string> Training(const std::string& runs, int steps) const {
    return TinyTraining(dataset_, folder_ / runs, steps);
  }

  // Trains `steps` steps without a break.
  std::filesystem::path Train(const std::string& runs, int steps) const {
    const ProgramResult result = RunProgram(Training(runs, steps));
    EXPECT_EQ(result.status, 0) << result.err;
    return OnlyRun(folder_ / runs);
  }

  void Resume(const std::filesystem::path& run, int steps) const {
    const ProgramResult result = RunProgram(
        Ringrl({"train", "--resume", run.string(), "--train.steps=" + std::to_string(steps)}));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("continuing from step"));
  }

  // Starts a long run and sends it `signal` once it has written a checkpoint.
  ProgramResult Interrupt(const std::string& runs, int signal) const {
    RunningProgram program(Training(runs, kLongRun));
    WaitForCheckpoint(runs);
    program.Signal(signal);
    return program.Wait();
  }
};

// Name and content of every file of a checkpoint.
std::map<std::string, std::string> Contents(const std::filesystem::path& checkpoint) {
  std::map<std::string, std::string> contents;
  for (const auto& file : std::filesystem::directory_iterator(checkpoint)) {
    std::ifstream stream(file.path(), std::ios::binary);
    contents[file.path().filename()] = {std::istreambuf_iterator<char>(stream), {}};
  }
  return contents;
}

void ExpectSameCheckpoint(const std::filesystem::path& run, const std::filesystem::path& other,
                          int step) {
  const auto expected = Contents(run / "checkpoints" / std::to_string(step));
  const auto actual = Contents(other / "checkpoints" / std::to_string(step));
  ASSERT_EQ(expected.size(), 4u);
  ASSERT_EQ(actual.size(), 4u);
  for (const auto& [name, bytes] : expected) {
    EXPECT_TRUE(actual.at(name) == bytes) << name << " differs";
  }
}

TEST_F(ResumeTest, TwelveAndTwelveStepsEqualTwentyFour) {
  const std::filesystem::path whole = Train("whole", 24);
  const std::filesystem::path halves = Train("halves", 12);
  Resume(halves, 24);
  ExpectSameCheckpoint(whole, halves, 24);
}

TEST_F(ResumeTest, AKilledRunLosesNothingButTime) {
  const std::filesystem::path whole = Train("whole", kLongRun);
  EXPECT_EQ(Interrupt("killed", SIGKILL).status, 128 + SIGKILL);
  const std::filesystem::path killed = OnlyRun(folder_ / "killed");
  Resume(killed, kLongRun);
  ExpectSameCheckpoint(whole, killed, kLongRun);
}

TEST_F(ResumeTest, ATerminatedRunSavesACheckpointAndSaysHowToGoOn) {
  const ProgramResult result = Interrupt("stopped", SIGTERM);
  EXPECT_EQ(result.status, 128 + SIGTERM) << result.err;
  EXPECT_THAT(result.out, HasSubstr("ringrl train --resume"));
  const std::filesystem::path whole = Train("whole", kLongRun);
  const std::filesystem::path stopped = OnlyRun(folder_ / "stopped");
  Resume(stopped, kLongRun);
  ExpectSameCheckpoint(whole, stopped, kLongRun);
}

TEST_F(ResumeTest, OtherAlgorithmsResumeAndEvaluateAlike) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> algorithms = {
      {"cql", {"baseline.batch=16", "baseline.hidden_dim=8"}},
      {"dt", {"dt.batch=4", "dt.context_steps=8", "model.layers=1", "model.dim=16"}}};
  for (const auto& [algorithm, own] : algorithms) {
    const auto train = [&, name = algorithm, options = own](const std::string& runs, int steps) {
      std::vector<std::string> words = options;
      words.push_back("--algorithm=" + name);
      const ProgramResult result = RunProgram(TinyTraining(dataset_, folder_ / runs, steps, words));
      EXPECT_EQ(result.status, 0) << result.err;
      return OnlyRun(folder_ / runs, name);
    };
    const std::filesystem::path whole = train("whole", 24);
    const std::filesystem::path halves = train("halves", 12);
    Resume(halves, 24);
    ExpectSameCheckpoint(whole, halves, 24);
    const ProgramResult result =
        RunProgram(Ringrl({"evaluate", "--run", whole.string(), "--chains=1", "--rollouts=1"}));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("cartpole_swingup, 1 chains of 1 rollouts"));
  }
}

TEST_F(ResumeTest, AnotherSeedGivesAnotherCheckpoint) {
  const std::filesystem::path run = Train("one", 5);
  std::vector<std::string> arguments = Training("two", 5);
  arguments.push_back("--seed=302");
  EXPECT_EQ(RunProgram(arguments).status, 0);
  const auto weights = [](const std::filesystem::path& folder) {
    return Contents(folder / "checkpoints" / "5").at("model.safetensors");
  };
  EXPECT_FALSE(weights(run) == weights(OnlyRun(folder_ / "two")));
}

}  // namespace
}  // namespace tests
