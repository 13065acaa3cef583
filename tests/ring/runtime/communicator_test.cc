// What holds on every transport and at every number of ranks.
#include "ring/runtime/communicator.h"

#include "tests/support/run_ranks.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace ring {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Hop HopOf(int owner, int round, int64_t bytes) {
  return {.layer = 5, .round = round, .owner = owner, .bytes = bytes};
}

// Rank r's message has this many bytes: uneven, and none at all for rank 1.
int64_t BytesOf(int rank) { return rank == 1 ? 0 : 1000 * rank + 64; }

void Fill(Message& message, int rank) {
  auto* const begin = static_cast<uint8_t*>(message.bytes().data_ptr());
  for (int64_t i = 0; i < message.bytes().numel(); ++i) {
    begin[i] = static_cast<uint8_t>(7 * rank + i);
  }
}

bool Holds(const Message& message, int rank) {
  const auto* const begin = static_cast<const uint8_t*>(message.bytes().data_ptr());
  bool holds = message.bytes().numel() == BytesOf(rank);
  for (int64_t i = 0; holds && i < message.bytes().numel(); ++i) {
    holds = begin[i] == static_cast<uint8_t>(7 * rank + i);
  }
  return holds;
}

// Sends every rank's message once round the ring; true if each arrived whole everywhere.
bool GoesRound(Communicator& communicator) {
  const int n = communicator.size(), rank = communicator.rank();
  Message block = communicator.Allocate(BytesOf(rank));
  Fill(block, rank);
  bool whole = true;
  for (int round = 1; round < n; ++round) {
    const int sent_owner = (rank - round + 1 + n) % n, owner = (rank - round + n) % n;
    PendingReceive next =
        communicator.Receive((rank + n - 1) % n, HopOf(owner, round, BytesOf(owner)));
    PendingSend sent =
        communicator.Send(block, (rank + 1) % n, HopOf(sent_owner, round, BytesOf(sent_owner)));
    block = next.Wait();
    sent.Wait();
    whole = whole && Holds(block, owner);
  }
  return whole;
}

class EveryGroupTest : public ::testing::TestWithParam<std::tuple<Transport, int>> {
 protected:
  tests::RunRanksOptions options() const { return {.transport = std::get<0>(GetParam())}; }
  int size() const { return std::get<1>(GetParam()); }

  // Runs `holds` on every rank; true when it was true on all.
  bool OnAll(const std::function<bool(Communicator&)>& holds) const {
    std::atomic<bool> all = true;
    tests::RunRanks(size(), options(), [&](Communicator& communicator) {
      if (!holds(communicator)) all = false;
    });
    return all;
  }
};

TEST_P(EveryGroupTest, MessagesOfAnySizeGoRoundTheRing) { EXPECT_TRUE(OnAll(GoesRound)); }

TEST_P(EveryGroupTest, BuffersAreUsedAgainForever) {
  tests::RunRanksOptions few = options();
  few.max_messages = 4;
  std::atomic<int> whole = 0;
  tests::RunRanks(size(), few, [&](Communicator& communicator) {
    for (int repeat = 0; repeat < 20; ++repeat) whole += GoesRound(communicator);
  });
  EXPECT_EQ(whole, 20 * size());
}

TEST_P(EveryGroupTest, TwoCargoesFromOneRankMayBeAwaitedInAnyOrder) {
  EXPECT_TRUE(OnAll([&](Communicator& communicator) {
    const int n = communicator.size(), rank = communicator.rank();
    if (n == 1) return true;
    const int previous = (rank + n - 1) % n, next = (rank + 1) % n;
    Hop keys = HopOf(0, 1, 64), gradients = HopOf(0, 1, 128);
    gradients.cargo = Cargo::kGradients;
    PendingReceive gradients_come = communicator.Receive(previous, gradients);
    PendingReceive keys_come = communicator.Receive(previous, keys);
    PendingSend first = communicator.Send(communicator.Allocate(64), next, keys);
    PendingSend second = communicator.Send(communicator.Allocate(128), next, gradients);
    const bool right =
        gradients_come.Wait().bytes().numel() == 128 && keys_come.Wait().bytes().numel() == 64;
    first.Wait();
    second.Wait();
    return right;
  }));
}

TEST_P(EveryGroupTest, MessagesOfOneCargoArriveInOrder) {
  EXPECT_TRUE(OnAll([&](Communicator& communicator) {
    const int n = communicator.size(), rank = communicator.rank();
    if (n == 1) return true;
    std::vector<PendingReceive> receives;
    std::vector<PendingSend> sends;
    for (int i = 0; i < 3; ++i) {
      receives.push_back(communicator.Receive((rank + n - 1) % n, HopOf(0, 1, 64)));
      Message message = communicator.Allocate(64);
      message.bytes().fill_(i);
      sends.push_back(communicator.Send(message, (rank + 1) % n, HopOf(0, 1, 64)));
    }
    // Awaited last first.
    bool ordered = true;
    for (int i = 2; i >= 0; --i) {
      ordered = ordered && receives[static_cast<size_t>(i)].Wait().bytes()[0].item<int>() == i;
    }
    for (PendingSend& send : sends) send.Wait();
    return ordered;
  }));
}

TEST_P(EveryGroupTest, SumsAreTheSameBitsOnEveryRank) {
  for (const int64_t length : {1, 7, 1000, 100003}) {
    std::vector<at::Tensor> sums(static_cast<size_t>(size()));
    tests::RunRanks(size(), options(), [&](Communicator& communicator) {
      // Different magnitudes, so that the order of summing shows in the last bits.
      at::Tensor values = at::arange(length, at::kFloat).add_(1).reciprocal_();
      values.mul_(std::pow(10.0, communicator.rank()));
      communicator.AllReduce(values, Reduction::kSum, "values");
      sums[static_cast<size_t>(communicator.rank())] = values;
    });
    for (const at::Tensor& sum : sums) EXPECT_TRUE(at::equal(sum, sums[0])) << length;
    EXPECT_NEAR(sums[0][0].item<double>(), (std::pow(10.0, size()) - 1) / 9, 1e-2);
  }
}

TEST_P(EveryGroupTest, CollectivesMoveWhatTheySay) {
  EXPECT_TRUE(OnAll([&](Communicator& communicator) {
    const int n = communicator.size(), rank = communicator.rank();
    at::Tensor least = at::full({2}, rank, at::kLong), most = least.clone();
    communicator.AllReduce(least, Reduction::kMin, "least");
    communicator.AllReduce(most, Reduction::kMax, "most");
    at::Tensor told = at::full({3}, rank, at::kDouble);
    communicator.Broadcast(told, n - 1, "told");
    const at::Tensor all = communicator.AllGather(at::full({2, 3}, rank, at::kInt), "all");
    bool right = least.eq(0).all().item<bool>() && most.eq(n - 1).all().item<bool>() &&
                 told.eq(n - 1).all().item<bool>() && all.sizes() == at::IntArrayRef({n, 2, 3});
    for (int r = 0; r < n; ++r) right = right && all[r].eq(r).all().item<bool>();
    communicator.Barrier("the end", std::chrono::seconds(10));
    return right;
  }));
}

TEST_P(EveryGroupTest, StridedTensorsAreReducedInPlace) {
  EXPECT_TRUE(OnAll([&](Communicator& communicator) {
    const at::Tensor whole = at::zeros({4, 6});
    at::Tensor part = whole.narrow(1, 2, 3).fill_(1);
    communicator.AllReduce(part, Reduction::kSum, "part");
    return whole.sum().item<double>() == 12.0 * communicator.size();
  }));
}

TEST_P(EveryGroupTest, AllToAllTakesUnevenAndEmptyParts) {
  EXPECT_TRUE(OnAll([&](Communicator& communicator) {
    const int n = communicator.size(), rank = communicator.rank();
    // From r to s go (r, s) numbers of 10 r + s: none from or to rank 0.
    std::vector<at::Tensor> outgoing;
    std::vector<std::vector<int64_t>> sizes;
    for (int r = 0; r < n; ++r) {
      outgoing.push_back(at::full({rank, r}, 10 * rank + r, at::kBFloat16));
      sizes.push_back({r, rank});
    }
    const std::vector<at::Tensor> incoming = communicator.AllToAll(outgoing, sizes, "parts");
    bool right = true;
    for (int r = 0; r < n; ++r) {
      const at::Tensor& part = incoming[static_cast<size_t>(r)];
      right = right && part.sizes() == at::IntArrayRef({r, rank}) &&
              part.eq(10 * r + rank).all().item<bool>();
    }
    return right;
  }));
}

TEST_P(EveryGroupTest, TextsOfAnyLengthAreGathered) {
  EXPECT_TRUE(OnAll([&](Communicator& communicator) {
    const auto length = static_cast<size_t>(communicator.rank());
    const std::vector<std::string> texts =
        communicator.GatherTexts(std::string(length, 'x'), "texts");
    bool right = texts.size() == static_cast<size_t>(communicator.size());
    for (size_t r = 0; right && r < texts.size(); ++r) right = texts[r] == std::string(r, 'x');
    return right;
  }));
}

TEST_P(EveryGroupTest, DisagreementNamesTwoRanksAndBothTexts) {
  std::mutex mutex;
  std::vector<std::string> errors;
  tests::RunRanks(size(), options(), [&](Communicator& communicator) {
    communicator.Agree("16 tokens", "shapes");  // all the same: no complaint
    const bool is_last = communicator.rank() == communicator.size() - 1;
    try {
      communicator.Agree(is_last ? "8 tokens" : "16 tokens", "shapes");
    } catch (const CommunicationError& error) {
      const std::lock_guard lock(mutex);
      errors.emplace_back(error.what());
    }
  });
  if (size() == 1) {
    EXPECT_TRUE(errors.empty());
    return;
  }
  const std::string last = std::to_string(size() - 1);
  EXPECT_THAT(errors, ::testing::SizeIs(size()));
  EXPECT_THAT(errors, ::testing::Each("ranks disagree about shapes: rank 0 has 16 tokens, rank " +
                                      last + " has 8 tokens"));
}

// Sends `sent` from rank 0 to rank 1, who expects another; what rank 1 says.
std::string SurpriseOf(const tests::RunRanksOptions& options, const Hop& sent,
                       const Hop& expected) {
  std::string error;
  tests::RunRanks(2, options, [&](Communicator& communicator) {
    if (communicator.rank() == 0) {
      PendingSend send = communicator.Send(communicator.Allocate(sent.bytes), 1, sent);
      // Rank 1 leaves without taking it.
      try {
        send.Wait();
      } catch (const CommunicationError&) {
      }
    } else {
      try {
        communicator.Receive(0, expected).Wait();
      } catch (const CommunicationError& failure) {
        error = failure.what();
      }
    }
  });
  return error;
}

// What the ranks say whose `body` ends in a CommunicationError.
std::vector<std::string> ErrorsOfRanks(int num_ranks, const tests::RunRanksOptions& options,
                                       const std::function<void(Communicator&)>& body) {
  std::mutex mutex;
  std::vector<std::string> errors;
  tests::RunRanks(num_ranks, options, [&](Communicator& communicator) {
    try {
      body(communicator);
    } catch (const CommunicationError& failure) {
      const std::lock_guard lock(mutex);
      errors.emplace_back(failure.what());
    }
  });
  return errors;
}

class EveryTransportTest : public ::testing::TestWithParam<Transport> {
 protected:
  tests::RunRanksOptions options() const {
    return {.transport = GetParam(), .timeout = std::chrono::seconds(10)};
  }
};

TEST_P(EveryTransportTest, AMessageThatIsNotTheExpectedOneIsRefusedAndDescribed) {
  const Hop expected = {.layer = 2, .round = 1, .owner = 0, .bytes = 4096};
  Hop other_layer = expected, other_round = expected, other_owner = expected, shorter = expected,
      longer = expected, other_pass = expected, empty = expected;
  other_layer.layer = 3;
  other_round.round = 2;
  other_owner.owner = 1;
  other_pass.pass = Pass::kBackward;
  shorter.bytes = 64;
  longer.bytes = 1 << 20;  // a receive this much too short ends a process in plain Gloo
  empty.bytes = 0;
  for (const Hop& sent :
       {other_layer, other_round, other_owner, other_pass, shorter, longer, empty}) {
    EXPECT_EQ(SurpriseOf(options(), sent, expected), "rank 1: receive of " + Describe(expected) +
                                                         " from rank 0: the peer sent " +
                                                         Describe(sent) + " instead");
  }
}

// Rank 1 waits for rank 2, who leaves; rank 0 waits for rank 1, who gives up.
TEST_P(EveryTransportTest, ARankThatLeavesEndsTheWaitsOfAllAtOnce) {
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<std::string> errors =
      ErrorsOfRanks(3, options(), [](Communicator& communicator) {
        if (communicator.rank() == 2) return;
        communicator.Receive(communicator.rank() + 1, HopOf(0, 1, 64)).Wait();
      });
  EXPECT_THAT(errors, ::testing::SizeIs(2));
  EXPECT_THAT(errors, ::testing::Each(HasSubstr("rank 2 has left")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_P(EveryTransportTest, ASilentPeerIsNamedAfterTheTimeOut) {
  tests::RunRanksOptions hasty = options();
  hasty.timeout = std::chrono::milliseconds(600);
  const std::vector<std::string> errors = ErrorsOfRanks(3, hasty, [](Communicator& communicator) {
    if (communicator.rank() == 2) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1500));
      return;
    }
    // Rank 0 waits for rank 1, who waits for rank 2, who does something else.
    communicator.Receive(communicator.rank() + 1, HopOf(0, 1, 64)).Wait();
  });
  EXPECT_THAT(errors, ::testing::SizeIs(2));
  EXPECT_THAT(errors,
              ::testing::Each(AllOf(HasSubstr("keys and values of rank 0 (layer 5, "),
                                    HasSubstr("64 bytes)"), HasSubstr("rank 2 hangs or is slow"))));
}

TEST_P(EveryTransportTest, ASilentPeerIsNamedInCollectives) {
  tests::RunRanksOptions hasty = options();
  hasty.timeout = std::chrono::milliseconds(600);
  const std::vector<std::string> errors = ErrorsOfRanks(3, hasty, [](Communicator& communicator) {
    if (communicator.rank() == 2) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1500));
      return;
    }
    at::Tensor sum = at::zeros({10});
    communicator.AllReduce(sum, Reduction::kSum, "gradients");
  });
  EXPECT_THAT(errors, ::testing::SizeIs(2));
  EXPECT_THAT(errors, ::testing::Each(AllOf(HasSubstr("all-reduce of gradients: "),
                                            HasSubstr("rank 2 hangs or is slow"))));
}

std::string NameOf(Transport transport) {
  return transport == Transport::kSharedMemory ? "Shared" : "Gloo";
}

std::string NameOfTransport(const ::testing::TestParamInfo<Transport>& info) {
  return NameOf(info.param);
}

std::string NameOfGroup(const ::testing::TestParamInfo<std::tuple<Transport, int>>& info) {
  return NameOf(std::get<0>(info.param)) + std::to_string(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Transports, EveryTransportTest,
                         ::testing::Values(Transport::kGloo, Transport::kSharedMemory),
                         NameOfTransport);

INSTANTIATE_TEST_SUITE_P(Transports, EveryGroupTest,
                         ::testing::Combine(::testing::Values(Transport::kGloo,
                                                              Transport::kSharedMemory),
                                            ::testing::Values(1, 2, 3, 4, 5)),
                         NameOfGroup);

TEST(MessageTest, ViewsShareMemoryAndStayInside) {
  const Message message(at::zeros({64}, at::kByte), nullptr);
  at::Tensor view = message.View({2, 3}, at::kFloat, /*offset=*/8);
  view.fill_(1);
  EXPECT_EQ(message.bytes().ne(0).sum().item<int64_t>(), 12);  // 1.0f has two zero bytes
  EXPECT_THROW(message.View({2, 3}, at::kFloat, /*offset=*/6), c10::Error);
  EXPECT_THROW(message.View({16}, at::kFloat, /*offset=*/4), c10::Error);
}

}  // namespace
}  // namespace ring
