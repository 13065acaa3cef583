#include "rl/render/contact_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace rl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Frame Plain(int width, int height, uint8_t value) {
  Frame frame(width, height);
  std::ranges::fill(frame.pixels, value);
  return frame;
}

TEST(ContactSheetTest, PicksTheFirstTheLastAndEvenlyBetween) {
  EXPECT_THAT(EvenlySpaced(1001, 5), ElementsAre(0, 250, 500, 750, 1000));
  EXPECT_THAT(EvenlySpaced(8, 4), ElementsAre(0, 2, 5, 7));
  EXPECT_THAT(EvenlySpaced(3, 16), ElementsAre(0, 1, 2));
  EXPECT_THAT(EvenlySpaced(5, 1), ElementsAre(0));
  EXPECT_THAT(EvenlySpaced(0, 16), IsEmpty());
}

// Two columns of 3 x 2 pixels with lines of 2: 8 wide, 6 high.
TEST(ContactSheetTest, FillsTheGridRowByRowAndLeavesTheRestWhite) {
  const std::vector<Frame> frames = {Plain(3, 2, 10), Plain(3, 2, 20), Plain(3, 2, 30)};
  const Frame sheet = ArrangeInGrid(frames, 2);
  ASSERT_EQ(sheet.width, 8);
  ASSERT_EQ(sheet.height, 6);
  EXPECT_EQ(sheet.row(0)[0], 10);
  EXPECT_EQ(sheet.row(1)[3 * 2], 10);
  EXPECT_EQ(sheet.row(0)[3 * 3], 255);  // the line between
  EXPECT_EQ(sheet.row(0)[3 * 5], 20);
  EXPECT_EQ(sheet.row(2)[0], 255);
  EXPECT_EQ(sheet.row(4)[0], 30);
  EXPECT_EQ(sheet.row(4)[3 * 5], 255);  // the cell without a frame
}

TEST(ContactSheetTest, AFrameAloneIsTheSheet) {
  const std::vector<Frame> frames = {Plain(3, 2, 10)};
  const Frame sheet = ArrangeInGrid(frames, 4);
  EXPECT_EQ(sheet.width, 3);
  EXPECT_EQ(sheet.height, 2);
}

TEST(ContactSheetTest, RefusesNothingAndFramesOfTwoSizes) {
  EXPECT_THROW(ArrangeInGrid({}, 4), std::logic_error);
  const std::vector<Frame> frames = {Plain(3, 2, 10), Plain(4, 2, 10)};
  EXPECT_THROW(ArrangeInGrid(frames, 2), std::logic_error);
}

}  // namespace
}  // namespace rl
