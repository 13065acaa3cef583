#include "ring/runtime/peer_watch.h"

#include "ring/runtime/gloo_group.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/HashStore.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace ring {
namespace {

using Clock = std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int kTag = 1;
constexpr std::chrono::seconds kTimeout{60};
constexpr std::chrono::seconds kSoon{10};

// More than sockets hold, so that a part of it is still here when the connection breaks.
constexpr int64_t kBulk = int64_t{512} << 20;  // bytes

using Group = c10::intrusive_ptr<c10d::Backend>;

std::vector<Group> MakeGroups(int size) {
  const auto store = c10::make_intrusive<c10d::HashStore>();
  std::vector<Group> groups(static_cast<size_t>(size));
  std::vector<std::jthread> ranks;
  for (int rank = 0; rank < size; ++rank) {
    ranks.emplace_back([&groups, &store, rank, size] {
      groups[static_cast<size_t>(rank)] =
          MakeGlooGroup(store, {.rank = rank, .size = size, .timeout = kTimeout});
    });
  }
  ranks.clear();  // joins
  return groups;
}

class PeerWatchTest : public ::testing::Test {
 protected:
  void MakeWatch(int size) {
    groups_ = MakeGroups(size);
    watch_ = std::make_unique<PeerWatch>(groups_[0]);
    for (int peer = 1; peer < size; ++peer) watch_->Watch(peer);
  }
  // Closes its connections. Works would keep them open.
  void Leave(size_t rank) { groups_[rank].reset(); }

  // When somebody waits already.
  std::future<void> LeaveSoon(size_t rank) {
    return std::async(std::launch::async, [this, rank] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      Leave(rank);
    });
  }

  // Of rank 0 with rank 1. What is `dropped` of a half-way message stops it there.
  void ExpectEndOfHalfWay(c10d::Work& waited, const at::Tensor& received,
                          c10::intrusive_ptr<c10d::Work> dropped) {
    const auto* const first = static_cast<const volatile uint8_t*>(received.const_data_ptr());
    while (*first == 0) std::this_thread::yield();
    dropped.reset();
    const auto begin = Clock::now();
    const auto leaving = LeaveSoon(1);
    EXPECT_THAT([&] { watch_->Wait(1, waited, kTimeout); },
                ThrowsMessage<std::runtime_error>(HasSubstr("127.0.0.1")));
    EXPECT_LT(Clock::now() - begin, kSoon);
  }

  std::vector<Group> groups_;
  std::unique_ptr<PeerWatch> watch_;
};

TEST_F(PeerWatchTest, ASendThatIsHalfWayEndsWithItsConnection) {
  MakeWatch(2);
  std::vector<at::Tensor> received = {at::zeros({kBulk}, at::kByte)};
  std::vector<at::Tensor> sent = {at::ones({kBulk}, at::kByte)};
  auto receive = groups_[1]->recv(received, 0, kTag);
  const auto send = groups_[0]->send(sent, 1, kTag);
  ExpectEndOfHalfWay(*send, received[0], std::move(receive));
}

TEST_F(PeerWatchTest, AReceiveThatIsHalfWayEndsWithItsConnection) {
  MakeWatch(2);
  std::vector<at::Tensor> received = {at::zeros({kBulk}, at::kByte)};
  std::vector<at::Tensor> sent = {at::ones({kBulk}, at::kByte)};
  const auto receive = groups_[0]->recv(received, 1, kTag);
  auto send = groups_[1]->send(sent, 0, kTag);
  ExpectEndOfHalfWay(*receive, received[0], std::move(send));
}

TEST_F(PeerWatchTest, WhatArrivedBeforeTheLossCounts) {
  MakeWatch(2);
  std::vector<at::Tensor> received = {at::zeros({100})}, never = {at::zeros({100})};
  std::vector<at::Tensor> sent = {at::ones({100})};
  const auto receive = groups_[0]->recv(received, 1, kTag);
  const auto later = groups_[0]->recv(never, 1, kTag + 1);
  groups_[1]->send(sent, 0, kTag)->wait();
  Leave(1);
  // The second can never come: when its wait has ended, the loss is known.
  EXPECT_THROW(watch_->Wait(1, *later, kTimeout), std::runtime_error);
  EXPECT_NO_THROW(watch_->Wait(1, *receive, kTimeout));
  EXPECT_TRUE(received[0].equal(sent[0]));
}

TEST_F(PeerWatchTest, AWaitHasItsTimeout) {
  MakeWatch(2);
  std::vector<at::Tensor> received = {at::zeros({100})};
  const auto receive = groups_[0]->recv(received, 1, kTag);
  const auto begin = Clock::now();
  EXPECT_THROW(watch_->Wait(1, *receive, std::chrono::milliseconds(50)), std::runtime_error);
  EXPECT_LT(Clock::now() - begin, kSoon);
}

TEST_F(PeerWatchTest, WatchingAgainDoesNothing) {
  MakeWatch(2);
  watch_->Watch(1);
  std::vector<at::Tensor> received = {at::zeros({100})}, sent = {at::ones({100})};
  const auto receive = groups_[0]->recv(received, 1, kTag);
  groups_[1]->send(sent, 0, kTag)->wait();
  watch_->Wait(1, *receive, kTimeout);
  EXPECT_TRUE(received[0].equal(sent[0]));
}

TEST_F(PeerWatchTest, ACollectiveOutlivesTheLossOfAPeerThatHasDoneItsPart) {
  MakeWatch(3);
  std::vector<at::Tensor> own = {at::ones({10})}, others = {at::zeros({10})};
  const auto work = groups_[0]->broadcast(own, {.rootRank = 0, .timeout = kTimeout});
  groups_[1]->broadcast(others, {.rootRank = 0, .timeout = kTimeout})->wait();
  std::promise<void> asked;
  const auto late = std::async(std::launch::async, [&] {
    asked.get_future().wait();
    groups_[2]->broadcast(others, {.rootRank = 0, .timeout = kTimeout})->wait();
  });
  Leave(1);
  const auto loss = watch_->WaitForAll(*work, [&](int peer) {
    EXPECT_EQ(peer, 1);
    asked.set_value();
    return false;
  });
  EXPECT_FALSE(loss.has_value());
}

TEST_F(PeerWatchTest, ACollectiveEndsWithTheLossOfAPeerThatMatters) {
  MakeWatch(3);
  std::vector<at::Tensor> own = {at::ones({10})};
  // It waits for rank 2, not for the one that goes.
  const auto work = groups_[0]->broadcast(own, {.rootRank = 2, .timeout = std::chrono::seconds(2)});
  Leave(1);
  EXPECT_TRUE(watch_->WaitForAll(*work, [](int peer) { return peer == 1; }).has_value());
  EXPECT_FALSE(work->isCompleted());
}

}  // namespace
}  // namespace ring
