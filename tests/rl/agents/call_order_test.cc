#include "rl/agents/call_order.h"

#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int64_t kObservationDim = 3;

using Call = std::function<void(CallOrder&)>;
using NamedCall = std::pair<std::string, Call>;

const std::vector<NamedCall>& Calls() {
  static const std::vector<NamedCall> kCalls = {
      {"StartRollout", [](CallOrder& order) { order.StartRollout(); }},
      {"Act",
       [](CallOrder& order) {
         order.Act(at::zeros({2, kObservationDim}));
       }},
      {"Observe", [](CallOrder& order) { order.Observe(at::zeros({2})); }},
      {"FinishRollout", [](CallOrder& order) { order.FinishRollout(); }},
  };
  return kCalls;
}

// After `history`, these calls are allowed and the others of Calls() refused.
void ExpectAllowed(const std::vector<std::string>& history, const std::vector<std::string>& names) {
  for (const auto& [name, call] : Calls()) {
    CallOrder order(kObservationDim);
    if (!history.empty()) order.StartChains(2);
    for (size_t i = 1; i < history.size(); ++i) {
      std::ranges::find(Calls(), history[i], &NamedCall::first)->second(order);
    }
    const Call& make = call;
    if (std::ranges::find(names, name) != names.end()) {
      EXPECT_NO_THROW(make(order)) << name;
    } else {
      EXPECT_THAT([&] { make(order); },
                  ThrowsMessage<c10::Error>(HasSubstr(name + "() out of turn")));
    }
  }
}

TEST(CallOrderTest, OnlyTheNextCallsAreAllowed) {
  ExpectAllowed({}, {});
  ExpectAllowed({"StartChains"}, {"StartRollout"});
  ExpectAllowed({"StartChains", "StartRollout"}, {"Act", "FinishRollout"});
  ExpectAllowed({"StartChains", "StartRollout", "Act"}, {"Observe"});
  ExpectAllowed({"StartChains", "StartRollout", "Act", "Observe"}, {"Act", "FinishRollout"});
  ExpectAllowed({"StartChains", "StartRollout", "Act", "Observe", "FinishRollout"},
                {"StartRollout"});
}

TEST(CallOrderTest, NewChainsMayStartAtAnyTime) {
  CallOrder order(kObservationDim);
  order.StartChains(2);
  order.StartRollout();
  order.Act(at::zeros({2, kObservationDim}));
  order.StartChains(5);
  EXPECT_EQ(order.num_chains(), 5);
  order.StartRollout();
  order.Act(at::zeros({5, kObservationDim}));
}

TEST(CallOrderTest, OtherShapesAreRefusedAndTheCallMayBeRepeated) {
  CallOrder order(kObservationDim);
  EXPECT_THROW(order.StartChains(0), c10::ValueError);
  order.StartChains(2);
  order.StartRollout();
  EXPECT_THROW(order.Act(at::zeros({3, kObservationDim})), c10::ValueError);
  EXPECT_THROW(order.Act(at::zeros({2, kObservationDim + 1})), c10::ValueError);
  EXPECT_THROW(order.Act(at::zeros({2})), c10::ValueError);
  order.Act(at::zeros({2, kObservationDim}));
  EXPECT_THROW(order.Observe(at::zeros({3})), c10::ValueError);
  EXPECT_THROW(order.Observe(at::zeros({2, 1})), c10::ValueError);
  order.Observe(at::zeros({2}));
}

}  // namespace
}  // namespace rl
