#include "experiments/commands/ring_ranks.h"

#include "tests/support/run_ring.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace experiments {
namespace {

ring::WorldOptions Place(int rank, int size) {
  return {.rank = rank, .size = size, .local_rank = rank, .local_size = size};
}

TEST(RingRanksTest, RanksAreStartedOnlyWhereNobodyHasStartedThem) {
  EXPECT_TRUE(MustStartRanks(2, Place(0, 1)));
  EXPECT_FALSE(MustStartRanks(1, Place(0, 1)));
  EXPECT_FALSE(MustStartRanks(2, Place(1, 2)));
}

TEST(RingRanksTest, AWorldThatIsNotTheRingIsRefused) {
  EXPECT_NO_THROW(CheckRingSize(1, ring::Ring()));
  EXPECT_THROW(CheckRingSize(3, ring::Ring()), std::invalid_argument);
}

TEST(RingRanksTest, RanksShareTheThreadsOfTheirHost) {
  EXPECT_EQ(ThreadsOfRank(8, Place(0, 1)), 8);
  EXPECT_EQ(ThreadsOfRank(8, Place(0, 3)), 2);
  EXPECT_EQ(ThreadsOfRank(2, Place(0, 3)), 1);
}

TEST(RingRanksTest, OfSeveralRanksThatFailTheFirstSpeaks) {
  std::vector<std::string> said(3, "nothing");
  tests::RunRing(3, [&](const ring::Ring& ring) {
    std::string& mine = said[static_cast<size_t>(ring.rank())];
    try {
      const bool all = SucceedsOnEveryRank(ring, [&ring] {
        if (ring.rank() > 0) throw std::invalid_argument("rank " + std::to_string(ring.rank()));
      });
      mine = all ? "success" : "leave";
    } catch (const std::invalid_argument& error) {
      mine = error.what();
    }
  });
  EXPECT_EQ(said, (std::vector<std::string>{"leave", "rank 1", "leave"}));
}

TEST(RingRanksTest, RanksThatAllSucceedGoOn) {
  std::vector<int> succeeded(2);
  tests::RunRing(2, [&](const ring::Ring& ring) {
    succeeded[static_cast<size_t>(ring.rank())] = SucceedsOnEveryRank(ring, [] {});
  });
  EXPECT_EQ(succeeded, (std::vector<int>{1, 1}));
}

}  // namespace
}  // namespace experiments
