// The program on data so small that a whole run takes seconds.
#ifndef TESTS_END_TO_END_TINY_TRAINING_H_
#define TESTS_END_TO_END_TINY_TRAINING_H_

#include "tests/datasets/exorl_files.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace tests {

inline std::vector<std::string> Ringrl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), RINGRL_PROGRAM);
  return arguments;
}

// `train` with checkpoints every five steps, one thread so that neighbors on the machine change
// nothing, and no evaluation; `own` are options of the algorithm.
inline std::vector<std::string> TinyTraining(const std::filesystem::path& dataset,
                                             const std::filesystem::path& runs, int steps,
                                             const std::vector<std::string>& own) {
  std::vector<std::string> words = Ringrl(
      {"train", "--dataset=" + dataset.string(), "--runs=" + runs.string(),
       "--task=cartpole_swingup", "--seed=301", "--threads=1",
       "train.steps=" + std::to_string(steps), "train.schedule_steps=400", "train.warmup_steps=3",
       "train.log_every=1", "train.validate_every=5", "train.checkpoint_every=5",
       "train.evaluate_every=0", "data.validation_fraction=0.2"});
  words.insert(words.end(), own.begin(), own.end());
  return words;
}

// The same with a transformer of a few hundred weights.
inline std::vector<std::string> TinyTraining(const std::filesystem::path& dataset,
                                             const std::filesystem::path& runs, int steps) {
  return TinyTraining(dataset, runs, steps,
                      {"chain.trajectories=2", "chain.window=8", "chain.batch=2", "model.layers=1",
                       "model.dim=16", "model.tokens=step"});
}

// The one run of `algorithm` below `runs`; empty while there is none.
inline std::filesystem::path OnlyRun(const std::filesystem::path& runs,
                                     const std::string& algorithm = "at") {
  const std::filesystem::path parent = runs / "cartpole_swingup" / algorithm;
  if (!std::filesystem::exists(parent)) return {};
  for (const auto& run : std::filesystem::directory_iterator(parent)) return run.path();
  return {};
}

// A dataset of a few small episodes, and a folder for the runs made from it.
class TinyTrainingTest : public ::testing::Test {
 protected:
  TinyTrainingTest() {
    WriteBuffer(folder_ / "proto", /*count=*/6);
    dataset_ = folder_ / "c.hdf5";
    const ProgramResult import = RunProgram(
        Ringrl({"dataset", "import", "--domain=cartpole", "--task=cartpole_swingup",
                "--input=" + (folder_ / "proto").string(), "--output=" + dataset_.string()}));
    EXPECT_EQ(import.status, 0) << import.err;
  }

  // Returns the run when it has a checkpoint; gives up after 30 s.
  std::filesystem::path WaitForCheckpoint(const std::string& runs) const {
    std::filesystem::path run;
    for (int waited = 0; waited < 3000; ++waited) {
      run = OnlyRun(folder_ / runs);
      if (!run.empty() && std::filesystem::exists(run / "checkpoints" / "last")) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return run;
  }

  TemporaryFolder folder_;
  std::filesystem::path dataset_;
};

}  // namespace tests

#endif  // TESTS_END_TO_END_TINY_TRAINING_H_
