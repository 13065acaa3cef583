// `train --ring-size N` as a user runs it, and as others end it: one process starts the ranks, all
// stop together, nothing is left behind.
#include "tests/end_to_end/tiny_training.h"
#include "tests/support/run_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tests {
namespace {

using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

// Longer than anybody waits: such a run is always caught in the middle.
constexpr int kEndlessRun = 1000000;

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The processes a launcher has started, by rank.
std::map<int, pid_t> Ranks(pid_t launcher) {
  std::map<int, pid_t> ranks;
  const std::string proc = "/proc/" + std::to_string(launcher);
  std::istringstream children(ReadText(proc + "/task/" + std::to_string(launcher) + "/children"));
  for (pid_t pid = 0; children >> pid;) {
    const std::string environment = ReadText("/proc/" + std::to_string(pid) + "/environ");
    const size_t rank = ("\0" + environment).find(std::string("\0RANK=", 6));
    if (rank == std::string::npos) continue;
    ranks[std::atoi(environment.c_str() + rank + 6)] = pid;
  }
  return ranks;
}

bool IsAlive(pid_t pid) { return kill(pid, 0) == 0; }

// Losses of train.csv, row by row.
std::vector<double> Losses(const std::filesystem::path& run) {
  std::ifstream stream(run / "train.csv");
  std::vector<double> losses;
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) losses.push_back(std::stod(line.substr(line.find(',') + 1)));
  return losses;
}

class RingTrainingTest : public TinyTrainingTest {
 protected:
  std::vector<std::string> Training(const std::string& runs, int steps, int ring_size) const {
    std::vector<std::string> words = TinyTraining(dataset_, folder_ / runs, steps);
    words.push_back("--ring-size=" + std::to_string(ring_size));
    return words;
  }

  std::filesystem::path Train(const std::string& runs, int steps, int ring_size) const {
    const ProgramResult result = RunProgram(Training(runs, steps, ring_size));
    EXPECT_EQ(result.status, 0) << result.err;
    return OnlyRun(folder_ / runs);
  }

  ProgramResult Resume(const std::filesystem::path& run, int steps, int ring_size) const {
    return RunProgram(
        Ringrl({"train", "--resume", run.string(), "--train.steps=" + std::to_string(steps),
                "--ring-size=" + std::to_string(ring_size)}));
  }
};

TEST_F(RingTrainingTest, LearnsWhatOneProcessLearns) {
  const std::vector<double> expected = Losses(Train("alone", 12, 1));
  for (const int ring_size : {2, 3}) {
    const std::vector<double> losses =
        Losses(Train("ring" + std::to_string(ring_size), 12, ring_size));
    ASSERT_EQ(losses.size(), expected.size());
    for (size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses[i] / expected[i], 1.0, 1e-5);
  }
}

TEST_F(RingTrainingTest, ResumesToTheBitOnTheSameRingAndToRoundingOnAnother) {
  const std::filesystem::path whole = Train("whole", 24, 2);
  const std::filesystem::path same = Train("same", 12, 2), other = Train("other", 12, 2);
  EXPECT_EQ(Resume(same, 24, 2).status, 0);
  EXPECT_EQ(Resume(other, 24, 1).status, 0);
  for (const char* name :
       {"model.safetensors", "config.json", "training_state.safetensors", "training_state.json"}) {
    const auto text = [name](const std::filesystem::path& run) {
      return ReadText(run / "checkpoints" / "24" / name);
    };
    EXPECT_FALSE(text(whole).empty());
    EXPECT_TRUE(text(same) == text(whole)) << name << " differs";
  }
  EXPECT_NEAR(Losses(other).back() / Losses(whole).back(), 1.0, 1e-4);
}

TEST_F(RingTrainingTest, ASignalToTheLauncherStopsAllRanksWithACheckpoint) {
  RunningProgram program(Training("stopped", kEndlessRun, 2));
  const std::filesystem::path run = WaitForCheckpoint("stopped");
  program.Signal(SIGTERM);
  const ProgramResult result = program.Wait();
  EXPECT_EQ(result.status, 128 + SIGTERM) << result.err;
  EXPECT_THAT(result.out, HasSubstr("checkpoint saved"));
  EXPECT_THAT(result.out, HasSubstr("ringrl train --resume " + run.string()));
}

TEST_F(RingTrainingTest, ASignalToAnyRankStopsAllOfThemWithACheckpoint) {
  RunningProgram program(Training("stopped", kEndlessRun, 2));
  WaitForCheckpoint("stopped");
  const std::map<int, pid_t> ranks = Ranks(program.pid());
  ASSERT_EQ(ranks.size(), 2u);
  kill(ranks.at(1), SIGTERM);
  const ProgramResult result = program.Wait();
  EXPECT_EQ(result.status, 128 + SIGTERM) << result.err;
  EXPECT_THAT(result.out, HasSubstr("checkpoint saved"));
}

TEST_F(RingTrainingTest, AKilledRankEndsTheOthersInSecondsWithASentence) {
  for (const int victim : {0, 1}) {
    const std::string runs = "killed" + std::to_string(victim);
    RunningProgram program(Training(runs, kEndlessRun, 2));
    WaitForCheckpoint(runs);
    const std::map<int, pid_t> ranks = Ranks(program.pid());
    ASSERT_EQ(ranks.size(), 2u);
    const Clock::time_point begin = Clock::now();
    kill(ranks.at(victim), SIGKILL);
    const ProgramResult result = program.Wait();
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
    EXPECT_EQ(result.status, 128 + SIGKILL);
    EXPECT_THAT(result.err, HasSubstr("rank " + std::to_string(victim)));
    for (const auto& [rank, pid] : ranks) EXPECT_FALSE(IsAlive(pid)) << "rank " << rank;
    EXPECT_EQ(Resume(OnlyRun(folder_ / runs), 10, 2).status, 0) << "what was saved goes on";
  }
}

TEST_F(RingTrainingTest, WhatIsWrongIsSaidOnce) {
  std::vector<std::string> words = Training("none", 5, 2);
  words.push_back("--task=walker_walk");
  const ProgramResult result = RunProgram(words);
  EXPECT_EQ(result.status, 1);
  const size_t first = result.err.find("walker_walk");
  ASSERT_NE(first, std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("ringrl train:", result.err.find("ringrl train:") + 1),
            std::string::npos)
      << result.err;
}

TEST_F(RingTrainingTest, AWorldThatIsNotTheRingIsRefused) {
  std::vector<std::string> words = Training("none", 5, 3);
  words.insert(words.begin() + 1, {"launch", "-n", "2", "--"});
  const ProgramResult result = RunProgram(words);
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("--ring-size is 3 in a world of 2 ranks"));
}

TEST_F(RingTrainingTest, JoinsTheWorldItIsLaunchedIn) {
  std::vector<std::string> words = Training("launched", 5, 2);
  words.insert(words.begin() + 1, {"launch", "-n", "2", "--plain", "--"});
  const ProgramResult result = RunProgram(words);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(Losses(OnlyRun(folder_ / "launched")).size(), 5u);
}

TEST_F(RingTrainingTest, WritesOneTimelineOfAllRanks) {
  std::vector<std::string> words = Training("traced", 5, 2);
  words.push_back("--trace=" + (folder_ / "trace.json").string());
  const ProgramResult result = RunProgram(words);
  ASSERT_EQ(result.status, 0) << result.err;
  const std::string trace = ReadText(folder_ / "trace.json");
  EXPECT_THAT(trace, HasSubstr("\"pid\":0"));
  EXPECT_THAT(trace, HasSubstr("\"pid\":1"));
}

}  // namespace
}  // namespace tests
