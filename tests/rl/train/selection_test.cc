#include "rl/train/selection.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <stdexcept>

namespace rl {
namespace {

// Scores of steps 1, 2, ...
Selection After(const SelectionOptions& options, std::initializer_list<double> values) {
  Selection selection(options);
  int64_t step = 0;
  for (const double value : values) selection.Add({++step, value});
  return selection;
}

TEST(SelectionTest, TheBestIsTheFirstOfTheHighestReturns) {
  EXPECT_FALSE(After({}, {}).best());
  const Selection selection = After({}, {3, 8, 5, 8, 7});
  EXPECT_EQ(selection.best()->train_step, 2);
  EXPECT_EQ(selection.best()->value, 8);
}

TEST(SelectionTest, TheBestLossIsTheLowest) {
  EXPECT_EQ(After({.higher_is_better = false}, {3, 1, 2}).best()->train_step, 2);
}

TEST(SelectionTest, TellsWhetherAScoreIsTheBestSoFar) {
  Selection selection({});
  EXPECT_TRUE(selection.Add({1, -4}));
  EXPECT_FALSE(selection.Add({2, -4}));
  EXPECT_TRUE(selection.Add({3, -3}));
}

TEST(SelectionTest, GivesUpAfterSoManyScoresWithoutImprovement) {
  const SelectionOptions options{.patience = 2};
  EXPECT_FALSE(After(options, {5, 4}).gave_up());
  EXPECT_TRUE(After(options, {5, 4, 5}).gave_up());
  EXPECT_FALSE(After(options, {5, 4, 6, 1}).gave_up());
  EXPECT_FALSE(After({}, {5, 4, 3, 2, 1}).gave_up()) << "0 is any number";
}

// 5, 5.5 and 6 rise by half a point each: together more than 0.8, one by one less.
TEST(SelectionTest, ManySmallGainsAddUpToAnImprovementAndTheBestFollowsEach) {
  const SelectionOptions options{.patience = 3, .min_improvement = 0.8};
  EXPECT_FALSE(After(options, {5, 5.5, 6, 5}).gave_up());
  EXPECT_TRUE(After(options, {5, 5.5, 5.6, 5.7}).gave_up());
  EXPECT_EQ(After(options, {5, 5.5, 5.6, 5.7}).best()->train_step, 4);
}

TEST(SelectionTest, AScoreThatIsNoNumberIsNeverTheBestAndImprovesNothing) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const Selection selection = After({.patience = 2}, {none, 1, none, none});
  EXPECT_EQ(selection.best()->train_step, 2);
  EXPECT_TRUE(selection.gave_up());
}

TEST(SelectionTest, RefusesNegativeNumbers) {
  EXPECT_THROW(Validate(SelectionOptions{.patience = -1}), std::invalid_argument);
  EXPECT_THROW(Validate(SelectionOptions{.min_improvement = -1}), std::invalid_argument);
}

}  // namespace
}  // namespace rl
