#include "ring/attention/attention_plan.h"

#include "tests/ring/random_tensors.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ring {
namespace {

struct Request {
  at::Tensor q, k, v;
  AttentionOptions options = {};
  SequenceLayout layout;
};

Request MakeRequest() {
  RandomTensors random(301);
  return {.q = random.Normal({1, 4, 6, 8}),
          .k = random.Normal({1, 2, 6, 8}),
          .v = random.Normal({1, 2, 6, 8}),
          .layout = SequenceLayout::Contiguous(6, 1)};
}

AttentionPlan Plan(const Request& request) {
  return MakeAttentionPlan(request.q, request.k, request.v, request.options, request.layout,
                           Ring());
}

TEST(AttentionPlanTest, KnowsShapesAndTypes) {
  Request request = MakeRequest();
  AttentionPlan plan = Plan(request);
  EXPECT_EQ(plan.query_heads, 4);
  EXPECT_EQ(plan.key_heads, 2);
  EXPECT_EQ(plan.wire, at::kFloat);
  EXPECT_EQ(plan.exact, at::kFloat);
  EXPECT_DOUBLE_EQ(plan.kernel.scale, 1 / std::sqrt(8.0));

  request.options.operands = at::kBFloat16;  // products of bfloat16: it may as well travel
  plan = Plan(request);
  EXPECT_EQ(plan.wire, at::kBFloat16);
  EXPECT_EQ(plan.exact, at::kFloat);

  request.options.operands = at::kDouble;  // float32 says all there is
  plan = Plan(request);
  EXPECT_EQ(plan.wire, at::kFloat);
  EXPECT_EQ(plan.exact, at::kDouble);
}

TEST(AttentionPlanTest, FewerQueriesAreTheLastTokens) {
  Request request = MakeRequest();
  request.q = request.q.narrow(2, 0, 2);
  EXPECT_EQ(Plan(request).QueryPositions(0), (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(Plan(request).Visible(0).num_pairs(), 5 + 6);
}

TEST(AttentionPlanTest, DescriptionsDifferWhereRanksWouldMisunderstandEachOther) {
  const std::string plain = Describe(Plan(MakeRequest()));
  EXPECT_EQ(plain, Describe(Plan(MakeRequest())));
  const std::function<void(Request&)> changes[] = {
      [](Request& request) { request.options.mask.causal = false; },
      [](Request& request) { request.options.mask.window = 3; },
      [](Request& request) { request.options.mask.prefix = 3; },
      [](Request& request) {
        request.options.mask.document_begins = {0, 3};
      },
      [](Request& request) { request.options.operands = at::kBFloat16; },
      [](Request& request) { request.options.dropout.probability = 0.5; },
      [](Request& request) { request.options.method = RingMethod::kAllGather; },
      [](Request& request) { request.q = request.q.narrow(1, 0, 2); },
      [](Request& request) { request.q = request.q.narrow(2, 0, 3); },
      [](Request& request) {
        for (at::Tensor* x : {&request.q, &request.k, &request.v}) *x = x->to(at::kDouble);
      }};
  std::vector<std::string> seen = {plain};
  for (const auto& change : changes) {
    Request request = MakeRequest();
    change(request);
    const std::string description = Describe(Plan(request));
    for (const std::string& other : seen) EXPECT_NE(description, other);
    seen.push_back(description);
  }
}

// Four shards of two tokens each: only who holds which differs.
TEST(AttentionPlanTest, DescriptionsTellLayoutsOfEqualSizesApart) {
  AttentionPlan plan = Plan(MakeRequest());
  std::vector<std::string> seen;
  for (const LayoutKind kind :
       {LayoutKind::kContiguous, LayoutKind::kZigzag, LayoutKind::kStriped}) {
    plan.keys = plan.queries = SequenceLayout::Make(kind, 8, 4);
    const std::string description = Describe(plan);
    for (const std::string& other : seen) EXPECT_NE(description, other);
    seen.push_back(description);
  }
}

TEST(AttentionPlanTest, RefusesWhatDoesNotFit) {
  RandomTensors random(301);
  const std::function<void(Request&)> changes[] = {
      [&](Request& request) {
        request.q = random.Normal({4, 6, 8});
      },
      [&](Request& request) {
        request.v = random.Normal({1, 2, 7, 8});
      },
      [&](Request& request) {
        request.q = random.Normal({2, 4, 6, 8});
      },
      [&](Request& request) {
        request.q = random.Normal({1, 3, 6, 8});
      },
      [&](Request& request) {
        request.q = random.Normal({1, 4, 7, 8});
      },
      [&](Request& request) { request.q = request.q.to(at::kDouble); },
      [](Request& request) {
        for (at::Tensor* x : {&request.q, &request.k, &request.v}) *x = x->to(at::kHalf);
      },
      [](Request& request) { request.layout = SequenceLayout::Contiguous(5, 1); },
      [](Request& request) { request.layout = SequenceLayout::Contiguous(12, 2); },
      [](Request& request) { request.options.query_layout = SequenceLayout::Contiguous(5, 1); },
      [](Request& request) { request.options.mask.prefix = 7; },
      [](Request& request) { request.options.dropout.probability = 1.0; },
      [](Request& request) { request.options.dropout.probability = -0.1; },
      [](Request& request) { request.options.operands = at::kHalf; }};
  for (const auto& change : changes) {
    Request request = MakeRequest();
    change(request);
    EXPECT_THROW(Plan(request), c10::ValueError) << &change - changes;
  }
}

TEST(AttentionPlanTest, MethodsHaveNames) {
  EXPECT_EQ(ParseRingMethod("ring"), RingMethod::kRing);
  EXPECT_EQ(ParseRingMethod("all-gather"), RingMethod::kAllGather);
  EXPECT_EQ(ParseRingMethod("heads"), RingMethod::kHeads);
  EXPECT_THROW(ParseRingMethod("tree"), c10::ValueError);
}

}  // namespace
}  // namespace ring
