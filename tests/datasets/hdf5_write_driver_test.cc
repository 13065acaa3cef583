#include "datasets/hdf5_write_driver.h"

#include "datasets/episode_store.h"
#include "datasets/hdf5.h"
#include "tests/datasets/tiny_episodes.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <signal.h>
#include <sys/resource.h>

namespace datasets {
namespace {

// Lets files of this process grow to `bytes` and no further, which looks like a full disk.
void LimitFileSize(rlim_t bytes) {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  setrlimit(RLIMIT_FSIZE, &limit);
}

// Ends the process by exit(), because that is where the library used to crash.
[[noreturn]] void WriteUntilFull(const std::filesystem::path& path, rlim_t bytes) {
  LimitFileSize(bytes);
  try {
    EpisodeWriter writer(path, tests::TinyAttributes());
    for (uint64_t i = 0; i < 40; ++i) writer.Append(tests::TinyEpisode(100, i));
    writer.Finish();
    std::fprintf(stderr, "finished");
  } catch (const std::runtime_error& failure) {
    std::fprintf(stderr, "%s", failure.what());
    std::string kept;
    std::ifstream(path) >> kept;
    const auto files = std::distance(std::filesystem::directory_iterator(path.parent_path()), {});
    if (kept != "old" || files != 1) std::exit(1);
  }
  std::exit(0);
}

// The limit falls in turn into the first bytes, the metadata, some episode, and the very end.
class FullDiskTest : public testing::TestWithParam<int> {};

TEST_P(FullDiskTest, EndsInOneSentenceAndLeavesTheOldFileAsItWas) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder / "w.hdf5";
  std::ofstream(path) << "old";
  EXPECT_EXIT(WriteUntilFull(path, static_cast<rlim_t>(GetParam())), testing::ExitedWithCode(0),
              "cannot write .*w.hdf5: File too large");
}

INSTANTIATE_TEST_SUITE_P(Limits, FullDiskTest, testing::Values(100, 2000, 50000, 250000),
                         [](const auto& test) { return std::to_string(test.param); });

TEST(HalfFullDiskTest, IsNotSeenWhereThereIsRoom) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const tests::TemporaryFolder folder;
  EXPECT_EXIT(WriteUntilFull(folder / "w.hdf5", 10'000'000), testing::ExitedWithCode(0),
              "finished");
}

}  // namespace
}  // namespace datasets
