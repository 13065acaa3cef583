#include "ring/runtime/rendezvous.h"

#include "ring/runtime/communicator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/distributed/c10d/HashStore.hpp>

#include <thread>

namespace ring {
namespace {

using ::testing::ElementsAre;

TEST(RendezvousTest, EverybodyGetsEverybodysText) {
  const auto store = c10::make_intrusive<c10d::HashStore>();
  std::vector<std::string> texts[3];
  {
    std::vector<std::jthread> ranks;
    for (int rank = 0; rank < 3; ++rank) {
      ranks.emplace_back([&, rank] {
        texts[rank] = ExchangeTexts({.store = store, .rank = rank, .size = 3}, "letters",
                                    std::string(1, static_cast<char>('a' + rank)));
      });
    }
  }
  for (const auto& got : texts) EXPECT_THAT(got, ElementsAre("a", "b", "c"));
}

TEST(RendezvousTest, TheMissingAreNamed) {
  const auto store = c10::make_intrusive<c10d::HashStore>();
  const Rendezvous two = {
      .store = store, .rank = 2, .size = 4, .timeout = std::chrono::milliseconds(100)};
  store->set("hosts/0", std::vector<uint8_t>{1});
  try {
    ExchangeTexts(two, "hosts", "here");
    FAIL();
  } catch (const CommunicationError& error) {
    EXPECT_STREQ(error.what(),
                 "rank 2 waited 0.1 s for the others (hosts): of 4 ranks, not here: 1, 3");
  }
}

}  // namespace
}  // namespace ring
