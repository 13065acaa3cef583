#include "ring/kernel/thread_team.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <numeric>
#include <vector>

namespace ring {
namespace {

class EveryTeamTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    num_threads_ = at::get_num_threads();
    at::set_num_threads(GetParam());
  }
  void TearDown() override { at::set_num_threads(num_threads_); }

 private:
  int num_threads_ = 1;
};

TEST_P(EveryTeamTest, EveryPieceIsDoneOnce) {
  std::vector<std::atomic<int>> times(1000);
  RunPieces(1000, GetParam(), [&](int64_t piece, int) { ++times[static_cast<size_t>(piece)]; });
  for (const std::atomic<int>& count : times) EXPECT_EQ(count, 1);
}

// Every phase sums what the one before has written: a piece that ran too early would miss some.
class Sums {
 public:
  static constexpr int kPhases = 50;

  Sums() : values_(kPhases + 1) { values_[0] = {1}; }

  int64_t NumPieces(int phase) const { return 1 + phase % 7; }
  void Work(int phase, int64_t piece) {
    std::vector<int64_t>& written = values_[static_cast<size_t>(phase) + 1];
    written[static_cast<size_t>(piece)] = total_ + piece;
  }
  void Finish(int phase) {
    const std::vector<int64_t>& written = values_[static_cast<size_t>(phase) + 1];
    total_ = std::accumulate(written.begin(), written.end(), int64_t{0}) % 1000003;
    finished_.push_back(phase);
  }
  void MakeRoom() {
    for (int phase = 0; phase < kPhases; ++phase) {
      values_[static_cast<size_t>(phase) + 1].resize(static_cast<size_t>(NumPieces(phase)), -1);
    }
  }

  int64_t total() const { return total_; }
  const std::vector<int>& finished() const { return finished_; }

 private:
  int64_t total_ = 1;
  std::vector<std::vector<int64_t>> values_;  // [phase + 1][piece]
  std::vector<int> finished_;
};

Sums RunSums(int begin, int end, int threads) {
  Sums sums;
  sums.MakeRoom();
  RunPhases(sums, begin, end, threads);
  return sums;
}

TEST_P(EveryTeamTest, APhaseSeesAllOfTheOneBefore) {
  for (int repetition = 0; repetition < 20; ++repetition) {
    EXPECT_EQ(RunSums(0, Sums::kPhases, GetParam()).total(),
              RunSums(0, Sums::kPhases, /*threads=*/1).total());
  }
}

TEST_P(EveryTeamTest, PhasesFinishInOrderAndOnlyThoseAskedFor) {
  EXPECT_EQ(RunSums(3, 6, GetParam()).finished(), (std::vector<int>{3, 4, 5}));
  EXPECT_TRUE(RunSums(3, 3, GetParam()).finished().empty());
}

INSTANTIATE_TEST_SUITE_P(Threads, EveryTeamTest, testing::Values(1, 2, 4),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace ring
