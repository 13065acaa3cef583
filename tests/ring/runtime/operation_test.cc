#include "ring/runtime/operation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace ring {
namespace {

using std::chrono::milliseconds;

class OperationTest : public ::testing::Test {
 protected:
  OperationTest() : entries_(new ProgressEntry[2]()), other_(MakeBoard(1)) {}

  std::shared_ptr<ProgressBoard> MakeBoard(int rank) {
    return std::make_shared<ProgressBoard>(rank, 2, entries_);
  }

  // The sentence that `wait` ends in.
  std::string ErrorOf(const std::function<void()>& wait) {
    try {
      member_.Complete(operation_, wait);
    } catch (const CommunicationError& error) {
      return error.what();
    }
    return "";
  }

  std::shared_ptr<ProgressEntry[]> entries_;
  std::shared_ptr<ProgressBoard> other_;
  std::shared_ptr<TraceRecorder> trace_ = std::make_shared<TraceRecorder>(0, /*keep_events=*/true);
  Member member_ = Member(0, 2, milliseconds(200), MakeBoard(0), trace_);
  Hop hop_ = {.layer = 3, .round = 1, .owner = 1, .bytes = 64};
  Operation operation_ = member_.ReceiveOf(hop_, 1);
};

TEST_F(OperationTest, ATimeOutNamesRankPeerHopBytesSecondsAndCulprit) {
  EXPECT_EQ(ErrorOf([] {
              std::this_thread::sleep_for(milliseconds(200));
              throw std::runtime_error("[file.cc:5] Timed out");
            }),
            "rank 0: receive of keys and values of rank 1 (layer 3, forward, round 1, 64 bytes) "
            "from rank 1: no answer in 0.2 s; rank 1 hangs or is slow: it has finished 0 "
            "operations, this rank 0");
}

TEST_F(OperationTest, ABrokenConnectionSaysWhatTheTransportSaidAndWhoseFaultItIs) {
  other_.reset();
  EXPECT_EQ(ErrorOf([] {
              throw std::runtime_error("[a/b.cc:17] Connection closed by peer\nmore lines");
            }),
            "rank 0: receive of keys and values of rank 1 (layer 3, forward, round 1, 64 bytes) "
            "from rank 1: Connection closed by peer; rank 1 has left");
}

TEST_F(OperationTest, AfterAnErrorNothingWorks) {
  ErrorOf([] { throw std::runtime_error("broken"); });
  EXPECT_THAT(ErrorOf([] {}), ::testing::StartsWith("the group is of no more use since an error"));
  EXPECT_THROW(member_.CheckWorks(), CommunicationError);
  EXPECT_EQ(entries_[0].standing.load(), Standing::kGaveUp);
}

TEST_F(OperationTest, WaitsAreCountedAndRecorded) {
  EXPECT_EQ(ErrorOf([] { std::this_thread::sleep_for(milliseconds(20)); }), "");
  EXPECT_EQ(entries_[0].finished.load(), 1u);
  EXPECT_GE(trace_->wait_seconds(), 0.02);
  EXPECT_THAT(trace_->Events(), ::testing::HasSubstr("receive of keys and values of rank 1"));
}

}  // namespace
}  // namespace ring
