#include "ring/runtime/shared_communicator.h"

#include "tests/support/run_ranks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace ring {
namespace {

using std::chrono::milliseconds;

constexpr tests::RunRanksOptions kShared = {.transport = Transport::kSharedMemory};

TEST(SharedCommunicatorTest, TheReceiverReadsTheSendersBufferInPlace) {
  tests::RunRanks(3, kShared, [](Communicator& communicator) {
    const Hop hop = {.bytes = 64};
    const int rank = communicator.rank();
    // From 0 to 1 and on to 2; then 0 changes what it has sent, and all see it.
    if (rank == 0) {
      Message message = communicator.Allocate(64);
      message.bytes().fill_(1);
      communicator.Send(message, 1, hop).Wait();
      communicator.Barrier("sent", std::chrono::seconds(10));
      message.bytes().fill_(2);
      communicator.Barrier("changed", std::chrono::seconds(10));
    } else {
      const Message message = communicator.Receive(rank - 1, hop).Wait();
      if (rank == 1) communicator.Send(message, 2, hop).Wait();
      EXPECT_EQ(message.bytes()[63].item<int>(), 1);
      communicator.Barrier("sent", std::chrono::seconds(10));
      communicator.Barrier("changed", std::chrono::seconds(10));
      EXPECT_EQ(message.bytes()[63].item<int>(), 2);
    }
  });
}

TEST(SharedCommunicatorTest, AllocateWaitsUntilAPeerLetsGo) {
  tests::RunRanksOptions one_message = kShared;
  one_message.max_messages = 1;
  tests::RunRanks(2, one_message, [](Communicator& communicator) {
    const Hop hop = {.bytes = 64};
    if (communicator.rank() == 0) {
      for (int i = 0; i < 5; ++i) {
        Message message = communicator.Allocate(64);
        message.bytes().fill_(i);
        communicator.Send(message, 1, hop).Wait();
      }
    } else {
      for (int i = 0; i < 5; ++i) {
        const Message message = communicator.Receive(0, hop).Wait();
        std::this_thread::sleep_for(milliseconds(10));
        EXPECT_EQ(message.bytes()[0].item<int>(), i);
      }
    }
  });
}

TEST(SharedCommunicatorTest, AllocateGivesUpWhenNobodyLetsGo) {
  tests::RunRanksOptions hasty = kShared;
  hasty.max_messages = 1;
  hasty.timeout = milliseconds(300);
  std::string error;
  try {
    tests::RunRanks(1, hasty, [](Communicator& communicator) {
      const Message held = communicator.Allocate(64);
      communicator.Allocate(64);
    });
  } catch (const CommunicationError& failure) {
    error = failure.what();
  }
  EXPECT_THAT(error, ::testing::HasSubstr("wait for the return of a message in use"));
}

// More parcels than a queue holds, while the receiver sleeps.
TEST(SharedCommunicatorTest, AFullQueueMakesTheSenderWait) {
  constexpr int kParcels = 3 * static_cast<int>(Mailboxes::kCapacity);
  tests::RunRanks(2, kShared, [](Communicator& communicator) {
    const Hop empty = {.bytes = 0};
    if (communicator.rank() == 0) {
      for (int i = 0; i < kParcels; ++i) {
        communicator.Send(communicator.Allocate(0), 1, empty).Wait();
      }
    } else {
      std::this_thread::sleep_for(milliseconds(50));
      for (int i = 0; i < kParcels; ++i) communicator.Receive(0, empty).Wait();
    }
  });
}

TEST(SharedCommunicatorTest, WhatWasSentBeforeARankLeftArrives) {
  tests::RunRanks(2, kShared, [](Communicator& communicator) {
    const Hop hop = {.bytes = 64};
    if (communicator.rank() == 0) {
      communicator.Send(communicator.Allocate(64), 1, hop).Wait();
    } else {
      std::this_thread::sleep_for(milliseconds(100));
      EXPECT_NO_THROW(communicator.Receive(0, hop).Wait());
    }
  });
}

}  // namespace
}  // namespace ring
