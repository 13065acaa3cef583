#include "ring/attention/ring_timeline.h"

#include "ring/layout/sequence_layout.h"

#include <gtest/gtest.h>

namespace ring {
namespace {

// Every rank meets every block, and each block is `compute` seconds of work.
RingSchedule Everyone(int ring_size) {
  const SequenceLayout layout = SequenceLayout::Zigzag(4 * ring_size, ring_size);
  return {{}, layout, layout};
}

RingCosts Even(int ring_size, double compute, double block, double gradient) {
  const size_t size = static_cast<size_t>(ring_size);
  return {.compute = std::vector<double>(size, compute),
          .block = std::vector<double>(size, block),
          .gradient = std::vector<double>(size, gradient)};
}

TEST(RingTimelineTest, HopsShorterThanABlocksWorkCostNothing) {
  for (const int n : {1, 2, 3, 8}) {
    EXPECT_DOUBLE_EQ(ForwardSeconds(Everyone(n), Even(n, 1.0, 0.9, 0.9)), n);
    // In backward, blocks and gradients share the link.
    EXPECT_DOUBLE_EQ(BackwardSeconds(Everyone(n), Even(n, 1.0, 0.45, 0.5)), n);
    EXPECT_DOUBLE_EQ(ComputeSeconds(Everyone(n), Even(n, 1.0, 9.0, 9.0)), n);
  }
}

TEST(RingTimelineTest, LongerHopsWaitOnceARound) {
  // Own block done at 1; the visitor is here at 1.5 and done at 2.5; the next, sent on at 1.5,
  // comes at 3.
  EXPECT_DOUBLE_EQ(ForwardSeconds(Everyone(3), Even(3, 1.0, 1.5, 0.0)), 4.0);
  EXPECT_DOUBLE_EQ(ForwardSeconds(Everyone(2), Even(2, 1.0, 3.0, 0.0)), 4.0);
}

TEST(RingTimelineTest, TheLastGradientComesHomeBehindHalfOfTheOwnBlock) {
  // Half of the own block done at 0.5, the visitor at 1.5, its gradient home at 2.5; the other half
  // of the own block would be done at 2.
  EXPECT_DOUBLE_EQ(BackwardSeconds(Everyone(2), Even(2, 1.0, 0.5, 1.0)), 2.5);
  EXPECT_DOUBLE_EQ(BackwardSeconds(Everyone(2), Even(2, 1.0, 0.5, 0.5)), 2.0);
}

TEST(RingTimelineTest, BlocksAndGradientsShareTheLink) {
  // Ring of 3: blocks come at 0.5 and, sent on at once, at 1.0, so computing never waits for them
  // and ends at 2.5, plus 0.5. The first gradient leaves at 1.5 and is there at 2.7, after which
  // the second visitor's own is 0.2 late: it leaves at 2.7 and is home at 3.9.
  EXPECT_DOUBLE_EQ(BackwardSeconds(Everyone(3), Even(3, 1.0, 0.5, 1.2)), 3.9);
}

TEST(RingTimelineTest, AContiguousRingWaitsForItsLastRank) {
  const SequenceLayout layout = SequenceLayout::Contiguous(16, 4);
  const RingSchedule schedule({}, layout, layout);
  // Rank 3 computes four blocks, rank 0 one.
  EXPECT_DOUBLE_EQ(ComputeSeconds(schedule, Even(4, 1.0, 0.5, 0.4)), 4.0);
  EXPECT_DOUBLE_EQ(ForwardSeconds(schedule, Even(4, 1.0, 0.5, 0.4)), 4.0);
}

TEST(RingTimelineTest, ARingOf512IsPlayedAtOnce) {
  EXPECT_DOUBLE_EQ(BackwardSeconds(Everyone(512), Even(512, 1.0, 0.3, 0.5)), 512.0);
}

}  // namespace
}  // namespace ring
