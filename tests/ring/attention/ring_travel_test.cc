#include "ring/attention/ring_travel.h"

#include "tests/ring/attention/ring_case.h"
#include "tests/ring/random_tensors.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ring {
namespace {

constexpr int64_t kHeads = 2, kHeadDim = 3;

// A block all of whose numbers are `value`, of what `rank` holds.
at::Tensor Constant(const SequenceLayout& layout, int rank, double value) {
  return at::full({1, kHeads, layout.ShardSize(rank), kHeadDim}, value);
}

struct Travel {
  LayoutKind layout;
  int ring_size;
  int64_t tokens;
  AttentionMask mask;
};

// Rings and masks whose blocks go round, half round, nowhere, and past ranks that see nothing.
std::vector<Travel> Travels() {
  const AttentionMask causal = {}, full = {.causal = false}, window = {.window = 4};
  const AttentionMask prefix = {.window = 2, .prefix = 3}, documents = {.document_begins = {0, 7}};
  std::vector<Travel> travels;
  for (const LayoutKind layout :
       {LayoutKind::kContiguous, LayoutKind::kZigzag, LayoutKind::kStriped}) {
    for (const AttentionMask& mask : {causal, full, window, prefix, documents}) {
      for (const int ring_size : {2, 3, 5}) travels.push_back({layout, ring_size, 17, mask});
      travels.push_back({layout, 5, 8, mask});  // some ranks hold nothing or little
    }
  }
  return travels;
}

AttentionPlan PlanOf(const Travel& travel, const Ring& ring) {
  const SequenceLayout layout =
      SequenceLayout::Make(travel.layout, travel.tokens, travel.ring_size);
  const at::Tensor x = Constant(layout, ring.rank(), 0.0);
  return MakeAttentionPlan(x, x, x, {.mask = travel.mask}, layout, ring);
}

TEST(RingTravelTest, EveryBlockArrivesWhereItIsSeenAsItsOwnerSentIt) {
  for (const Travel& travel : Travels()) {
    std::vector<std::string> wrong(static_cast<size_t>(travel.ring_size));
    OnEveryRank(travel.ring_size, Transport::kGloo, [&](const Ring& ring) {
      const AttentionPlan plan = PlanOf(travel, ring);
      const RingSchedule schedule(plan.mask, plan.queries, plan.keys);
      KeyValueTravel blocks(plan, schedule, ring, Pass::kForward);
      blocks.Start(Constant(plan.keys, plan.rank, plan.rank),
                   Constant(plan.keys, plan.rank, -plan.rank));
      for (const RingRound& round : schedule.Rounds(plan.rank)) {
        const Message block = blocks.Arrive(round);
        const KeyValueFormat format = BlockFormat(plan, round.owner);
        if (!format.First(block).eq(round.owner).all().item<bool>() ||
            !format.Second(block).eq(-round.owner).all().item<bool>()) {
          wrong[static_cast<size_t>(plan.rank)] += std::to_string(round.owner) + " ";
        }
      }
      blocks.Finish();
    });
    for (const std::string& owners : wrong) EXPECT_EQ(owners, "");
  }
}

// Rank r's share of the gradient of block o is 10^r, in keys, and twice that in values: the sum
// names who has added to it.
TEST(RingTravelTest, GradientsComeHomeWithTheShareOfEveryRankThatComputed) {
  const auto part_of = [](int rank) { return std::pow(10.0, rank); };
  for (const Travel& travel : Travels()) {
    const auto size = static_cast<size_t>(travel.ring_size);
    std::vector<double> expected(size, 0.0), keys(size, 0.0), values(size, 0.0);
    OnEveryRank(travel.ring_size, Transport::kGloo, [&](const Ring& ring) {
      const AttentionPlan plan = PlanOf(travel, ring);
      const RingSchedule schedule(plan.mask, plan.queries, plan.keys);
      KeyValueTravel blocks(plan, schedule, ring, Pass::kBackward);
      GradientTravel gradients(plan, schedule, ring);
      at::Tensor grad_k = Constant(plan.keys, plan.rank, 0.0), grad_v = grad_k.clone();
      blocks.Start(grad_k, grad_v);
      for (const RingRound& round : schedule.Rounds(plan.rank)) {
        const Message block = blocks.Arrive(round);
        gradients.Expect(round);
        Message share;
        if (round.computes) {
          share = gradients.Start(round);
          const KeyValueFormat format = GradientFormat(plan, round.owner);
          format.First(share).add_(part_of(plan.rank));
          format.Second(share).add_(2 * part_of(plan.rank));
        }
        gradients.SendOn(round, share);
      }
      gradients.ExpectHome();
      blocks.Finish();
      gradients.AddHome(grad_k, grad_v);
      if (grad_k.numel() == 0) return;
      keys[static_cast<size_t>(plan.rank)] = grad_k.min().item<double>();
      values[static_cast<size_t>(plan.rank)] = grad_v.max().item<double>();
      for (int rank = 0; rank < plan.ring_size(); ++rank) {
        for (const RingRound& round : schedule.Rounds(rank)) {
          if (round.owner == plan.rank && round.computes) {
            expected[static_cast<size_t>(plan.rank)] += part_of(rank);
          }
        }
      }
    });
    EXPECT_EQ(keys, expected);
    for (double& value : expected) value *= 2;
    EXPECT_EQ(values, expected);
  }
}

}  // namespace
}  // namespace ring
