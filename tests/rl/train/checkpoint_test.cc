#include "rl/train/checkpoint.h"

#include "tests/support/temporary_folder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rl {
namespace {

namespace fs = std::filesystem;

// Step n is recognizable in each of the four files.
Checkpoint MakeCheckpoint(int64_t step, int64_t size = 4) {
  return {.model = {{"weight", at::arange(size).add(step)}},
          .config = {{"algorithm", "toy"}, {"step", step}},
          .training = {{"moment", at::arange(size).sub(step)}},
          .training_scalars = {{"draws", step}}};
}

void ExpectIsCheckpoint(const fs::path& folder, int64_t step, int64_t size = 4) {
  const Checkpoint expected = MakeCheckpoint(step, size);
  const Checkpoint read = ReadTrainingCheckpoint(folder);
  EXPECT_TRUE(at::equal(read.model.at("weight"), expected.model.at("weight")));
  EXPECT_TRUE(at::equal(read.training.at("moment"), expected.training.at("moment")));
  EXPECT_EQ(read.config, expected.config);
  EXPECT_EQ(read.training_scalars, expected.training_scalars);
}

TEST(CheckpointTest, ReadsBackWhatWasWritten) {
  const tests::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder / "checkpoints");
  EXPECT_EQ(checkpoints.Newest(), std::nullopt);
  ExpectIsCheckpoint(checkpoints.Write(500, MakeCheckpoint(500)), 500);
  ExpectIsCheckpoint(folder / "checkpoints" / "last", 500);
}

TEST(CheckpointTest, NewestIsByNumberNotByName) {
  const tests::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path());
  for (const int64_t step : {900, 1000}) checkpoints.Write(step, MakeCheckpoint(step));
  EXPECT_EQ(checkpoints.Newest(), 1000);
  EXPECT_EQ(fs::read_symlink(folder / "last"), "1000");
}

TEST(CheckpointTest, PruningKeepsTheNewest) {
  const tests::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path());
  for (int64_t step = 1; step <= 4; ++step) checkpoints.Write(step, MakeCheckpoint(step));
  checkpoints.Prune(2);
  EXPECT_EQ(checkpoints.Steps(), (std::vector<int64_t>{3, 4}));
  ExpectIsCheckpoint(folder / "last", 4);
}

TEST(CheckpointTest, PruningKeepsTheBestWhateverItsAge) {
  const tests::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path());
  EXPECT_EQ(checkpoints.Best(), std::nullopt);
  for (int64_t step = 1; step <= 5; ++step) {
    checkpoints.Write(step, MakeCheckpoint(step));
    if (step == 2) checkpoints.MarkBest(2);
    checkpoints.Prune(2);
  }
  EXPECT_EQ(checkpoints.Steps(), (std::vector<int64_t>{2, 4, 5}));
  ExpectIsCheckpoint(folder / "best", 2);
  ExpectIsCheckpoint(folder / "last", 5);
  checkpoints.MarkBest(5);
  checkpoints.Prune(2);
  EXPECT_EQ(checkpoints.Steps(), (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(CheckpointFolder(folder.path()).Best(), 5);
}

TEST(CheckpointTest, NothingIsBestThatIsNotThere) {
  const tests::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path());
  EXPECT_THROW(checkpoints.MarkBest(3), std::logic_error);
  checkpoints.Write(3, MakeCheckpoint(3));
  checkpoints.MarkBest(3);
  fs::remove_all(folder / "3");
  EXPECT_EQ(checkpoints.Best(), std::nullopt);
}

TEST(CheckpointTest, AFailedWriteLeavesThePreviousOneAndNothingElse) {
  const tests::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path());
  checkpoints.Write(1, MakeCheckpoint(1));
  Checkpoint bad = MakeCheckpoint(2);
  bad.config["text"] = "\xff";  // not UTF-8: JSON refuses it, half-way through the files
  EXPECT_ANY_THROW(checkpoints.Write(2, bad));
  EXPECT_EQ(checkpoints.Steps(), std::vector<int64_t>{1});
  ExpectIsCheckpoint(folder / "last", 1);
  EXPECT_FALSE(fs::exists(folder / ".2.partial"));
}

// Whatever has a number must be whole, and `last` and `best` must point to something whole.
void ExpectOnlyWholeCheckpoints(const tests::TemporaryFolder& folder, int64_t size) {
  CheckpointFolder checkpoints(folder.path());
  for (const int64_t step : checkpoints.Steps()) {
    ExpectIsCheckpoint(checkpoints.PathOf(step), step, size);
  }
  for (const char* link : {"last", "best"}) {
    if (fs::exists(fs::symlink_status(folder / link))) {
      EXPECT_TRUE(fs::exists(folder / link)) << link;
    }
  }
}

// A child writes checkpoints without end and is killed at some moment.
TEST(CheckpointTest, KillingTheWriterLeavesOnlyWholeCheckpoints) {
  constexpr int64_t kSize = 100'000;
  for (int trial = 0; trial < 20; ++trial) {
    const tests::TemporaryFolder folder;
    const pid_t writer = fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
      CheckpointFolder checkpoints(folder.path());
      for (int64_t step = 1;; ++step) {
        checkpoints.Write(step, MakeCheckpoint(step, kSize));
        if (step % 3 == 0) checkpoints.MarkBest(step);
        checkpoints.Prune(2);
      }
    }
    usleep(static_cast<useconds_t>(20'000 + 3'000 * trial));
    kill(writer, SIGKILL);
    waitpid(writer, nullptr, 0);
    ExpectOnlyWholeCheckpoints(folder, kSize);
  }
}

// The system kills the child that writes a file past a limit, so that death comes in the midst of
// a checkpoint for certain: before the first byte of a file, in its head, among its tensors.
TEST(CheckpointTest, AWriterKilledInTheMidstOfACheckpointLeavesTheOnesBefore) {
  constexpr int64_t kSize = 1000;
  for (const rlim_t bytes : {0, 100, 4000}) {
    const tests::TemporaryFolder folder;
    const pid_t writer = fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
      CheckpointFolder checkpoints(folder.path());
      checkpoints.Write(1, MakeCheckpoint(1, kSize));
      checkpoints.MarkBest(1);
      checkpoints.Write(2, MakeCheckpoint(2, kSize));
      const rlimit no_core = {.rlim_cur = 0, .rlim_max = 0}, limit = {bytes, bytes};
      setrlimit(RLIMIT_CORE, &no_core);
      setrlimit(RLIMIT_FSIZE, &limit);
      checkpoints.Write(3, MakeCheckpoint(3, kSize));
      _exit(0);
    }
    int status = 0;
    waitpid(writer, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << status;
    EXPECT_TRUE(fs::exists(folder / ".3.partial"));
    EXPECT_EQ(CheckpointFolder(folder.path()).Steps(), (std::vector<int64_t>{1, 2}));
    ExpectOnlyWholeCheckpoints(folder, kSize);
    CheckpointFolder(folder.path()).Write(3, MakeCheckpoint(3, kSize));
    ExpectIsCheckpoint(folder / "last", 3, kSize);
    EXPECT_FALSE(fs::exists(folder / ".3.partial"));
  }
}

TEST(CheckpointTest, RefusesWhatIsNoCheckpointNamingTheFile) {
  const tests::TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path());
  EXPECT_THROW(ReadModelCheckpoint(folder / "7"), std::invalid_argument);
  const fs::path path = checkpoints.Write(7, MakeCheckpoint(7));
  std::ofstream(path / "config.json") << "{\"algorithm\": ";
  try {
    ReadModelCheckpoint(path);
    FAIL() << "half a JSON object was taken for a configuration";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("config.json"), std::string::npos);
  }
  fs::remove(path / "model.safetensors");
  EXPECT_THROW(ReadModelCheckpoint(path), std::invalid_argument);
}

}  // namespace
}  // namespace rl
