#include "ring/runtime/progress_board.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace ring {
namespace {

// Boards of several ranks over one row of entries, all in this process.
class ProgressBoardTest : public ::testing::Test {
 protected:
  void MakeBoards(int size) {
    entries_.reset(new ProgressEntry[static_cast<size_t>(size)]());
    for (int r = 0; r < size; ++r) {
      boards_.push_back(std::make_unique<ProgressBoard>(r, size, entries_));
    }
  }
  ProgressBoard& board(size_t r) { return *boards_[r]; }
  void Finish(size_t r, int operations) {
    for (int i = 0; i < operations; ++i) {
      board(r).BeginWait(kEveryone);
      board(r).EndWait();
    }
  }

  std::shared_ptr<ProgressEntry[]> entries_;
  std::vector<std::unique_ptr<ProgressBoard>> boards_;
};

TEST_F(ProgressBoardTest, NamesTheRankAtTheEndOfTheWaitsAndNotTheNeighbor) {
  MakeBoards(4);
  for (size_t r = 0; r < 4; ++r) Finish(r, r == 3 ? 7 : 9);
  board(0).BeginWait(1);
  board(1).BeginWait(2);
  board(2).BeginWait(3);
  EXPECT_EQ(board(0).Culprit(1),
            "rank 3 hangs or is slow: it has finished 7 operations, this rank 9");
}

TEST_F(ProgressBoardTest, FollowsThoseWhoGaveUp) {
  MakeBoards(3);
  board(1).BeginWait(2);
  board(1).GiveUp();
  board(0).BeginWait(1);
  EXPECT_EQ(board(0).Culprit(1),
            "rank 2 hangs or is slow: it has finished 0 operations, this rank 0");
  EXPECT_EQ(board(0).WhyNever(1), "rank 1 has given up");
}

TEST_F(ProgressBoardTest, OnlyWhoHasNotGivenUpLeaves) {
  MakeBoards(3);
  EXPECT_FALSE(board(0).HasLeft(1));
  board(1).Leave();
  EXPECT_TRUE(board(0).HasLeft(1));
  EXPECT_EQ(board(0).WhyNever(1), "rank 1 has left");
  board(2).GiveUp();
  board(2).Leave();
  EXPECT_FALSE(board(0).HasLeft(2));
  EXPECT_EQ(board(0).WhyNever(2), "rank 2 has given up");
}

TEST_F(ProgressBoardTest, InACollectiveTheSlowestIsToBlame) {
  MakeBoards(3);
  Finish(0, 5);
  Finish(1, 5);
  Finish(2, 4);
  board(0).BeginWait(kEveryone);
  board(1).BeginWait(kEveryone);
  EXPECT_EQ(board(0).Culprit(kEveryone),
            "rank 2 hangs or is slow: it has finished 4 operations, this rank 5");
}

TEST_F(ProgressBoardTest, ACircleOfWaitsIsCalledOne) {
  MakeBoards(2);
  Finish(0, 2);
  Finish(1, 1);
  board(0).BeginWait(1);
  board(1).BeginWait(0);
  EXPECT_EQ(board(0).Culprit(1),
            "all wait for one another, and rank 1 is behind: it has finished 1 operation, "
            "this rank 2");
  EXPECT_EQ(board(1).Culprit(0), "all wait for one another");
}

TEST_F(ProgressBoardTest, SeesWhoHasLeftAndWhoNeverCame) {
  MakeBoards(2);
  boards_[1].reset();
  EXPECT_EQ(board(0).WhyNever(1), "rank 1 has left");
  EXPECT_EQ(board(0).Culprit(1), "rank 1 has left");
  entries_[1].standing = Standing::kAbsent;
  EXPECT_EQ(board(0).WhyNever(1), std::nullopt);
  EXPECT_EQ(board(0).Culprit(1), "rank 1 has not come");
}

TEST_F(ProgressBoardTest, AProcessThatIsGoneIsDead) {
  MakeBoards(3);
  entries_[2].start_time = entries_[2].start_time + 1;  // another process had this number
  EXPECT_EQ(board(0).WhyNever(2), "rank 2 has died");
  EXPECT_EQ(board(0).Culprit(1), "rank 2 has died");
  EXPECT_EQ(board(0).WhyNever(1), std::nullopt);
}

}  // namespace
}  // namespace ring
