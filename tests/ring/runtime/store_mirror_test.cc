#include "ring/runtime/store_mirror.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/distributed/c10d/HashStore.hpp>

#include <memory>

namespace ring {
namespace {

// Two ranks whose boards share nothing but a store.
class StoreMirrorTest : public ::testing::Test {
 protected:
  StoreMirrorTest() {
    for (int r = 0; r < 2; ++r) {
      entries_[r].reset(new ProgressEntry[2]());
      boards_[r] = std::make_unique<ProgressBoard>(
          r, 2, entries_[r], std::make_unique<StoreMirror>(store_, r, 2, entries_[r]));
    }
  }

  c10::intrusive_ptr<c10d::Store> store_ = c10::make_intrusive<c10d::HashStore>();
  std::shared_ptr<ProgressEntry[]> entries_[2];
  std::unique_ptr<ProgressBoard> boards_[2];
};

TEST_F(StoreMirrorTest, WhatARankDoesIsKnownOnAnotherHost) {
  for (int i = 0; i < 3; ++i) {
    boards_[1]->BeginWait(0);
    boards_[1]->EndWait();
  }
  EXPECT_EQ(boards_[0]->Culprit(1),
            "rank 1 hangs or is slow: it has finished 3 operations, this rank 0");
}

TEST_F(StoreMirrorTest, ARankThatHasLeftIsKnownToHaveLeft) {
  boards_[1].reset();
  EXPECT_EQ(boards_[0]->Culprit(1), "rank 1 has left");
}

TEST_F(StoreMirrorTest, ARankThatPublishesNoMoreIsSilent) {
  boards_[1].reset();
  // As if it had been stopped at work: the last that it published stays.
  std::vector<uint8_t> last = store_->get("progress/1");
  last[0] = static_cast<uint8_t>(Standing::kAtWork);
  store_->set("progress/1", last);
  EXPECT_EQ(boards_[0]->Culprit(1), "rank 1 is stopped, or its host is gone");
}

}  // namespace
}  // namespace ring
