// `train --seeds`: interrupted, with a seed that fails, and continued.
#include "tests/end_to_end/tiny_training.h"
#include "tests/support/run_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SeedSweepTest : public TinyTrainingTest {
 protected:
  std::vector<std::string> Sweep(int steps) const {
    return TinyTraining(dataset_, folder_ / "runs", steps,
                        {"--algorithm=bc", "baseline.batch=16", "baseline.hidden_dim=8",
                         "--seeds=4-6", "--jobs=2"});
  }

  std::filesystem::path Folder() const { return OnlyRun(folder_ / "runs", "bc"); }

  nlohmann::json Result() const {
    std::ifstream stream(Folder() / "result.json");
    return nlohmann::json::parse(stream);
  }

  ProgramResult Resume(int steps) const {
    return RunProgram(Ringrl(
        {"train", "--resume=" + Folder().string(), "--train.steps=" + std::to_string(steps)}));
  }
};

TEST_F(SeedSweepTest, AFailedSeedStopsNoOtherAndIsTriedAgain) {
  const ProgramResult first = RunProgram(Sweep(10));
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("s4: done after"), HasSubstr("s6: done after"),
                               HasSubstr("mean and standard error of 3: last")));
  EXPECT_EQ(Result()["rows"][1]["seed"], 5);
  EXPECT_EQ(Result()["rows"][1]["train_step"], 10);
  EXPECT_TRUE(std::filesystem::exists(Folder() / "s5" / "checkpoints" / "10"));

  // A file where the run's folder should be.
  std::filesystem::remove_all(Folder() / "s5");
  std::ofstream(Folder() / "s5") << "in the way";
  const ProgramResult failed = Resume(15);
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.out, AllOf(HasSubstr("s5: failed after"),
                                HasSubstr("continue with: ringrl train --resume")));
  EXPECT_EQ(Result()["rows"][1]["status"], "failed");
  EXPECT_EQ(Result()["rows"][2]["train_step"], 15);

  std::filesystem::remove(Folder() / "s5");
  const ProgramResult again = Resume(15);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("s5: done after"));
  EXPECT_THAT(again.out, ::testing::Not(HasSubstr("s4: "))) << "it was done";
  EXPECT_EQ(Result()["last"]["runs"], 3);
}

TEST_F(SeedSweepTest, ASignalEndsItWithCheckpointsAndItGoesOn) {
  RunningProgram program(Sweep(/*steps=*/1000000));
  for (int waited = 0; waited < 3000; ++waited) {
    const std::filesystem::path folder = Folder();
    if (!folder.empty() && std::filesystem::exists(folder / "s4" / "checkpoints" / "last") &&
        std::filesystem::exists(folder / "s5" / "checkpoints" / "last")) {
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  program.Signal(SIGTERM);
  const ProgramResult stopped = program.Wait();
  EXPECT_EQ(stopped.status, 128 + SIGTERM) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("continue with: ringrl train --resume " + Folder().string()));
  EXPECT_EQ(Result()["rows"][0]["status"], "interrupted");
  EXPECT_EQ(Result()["rows"][2]["status"], "waiting");

  EXPECT_EQ(Resume(10).status, 0);
  EXPECT_EQ(Result()["rows"][0]["status"], "finished");
  EXPECT_EQ(Result()["rows"][2]["train_step"], 10);
}

}  // namespace
}  // namespace tests
