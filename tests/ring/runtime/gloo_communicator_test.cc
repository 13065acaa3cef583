#include "ring/runtime/gloo_communicator.h"

#include "tests/support/run_ranks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ring {
namespace {

TEST(GlooCommunicatorTest, MessagesInUseAreLimited) {
  tests::RunRanks(1, {.max_messages = 2}, [](Communicator& communicator) {
    const Message first = communicator.Allocate(8);
    Message second = communicator.Allocate(8);
    EXPECT_THROW(communicator.Allocate(8), c10::Error);
    second = {};
    EXPECT_NO_THROW(communicator.Allocate(8));
  });
}

}  // namespace
}  // namespace ring
