#include "experiments/report/run_report.h"
#include "tests/experiments/report/tiny_run.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RunChartsTest : public ::testing::Test {
 protected:
  RunChartsTest() { tests::WriteTinyRun(folder_.path()); }

  RunLog Log() const { return ReadRun(folder_.path()); }

  tests::TemporaryFolder folder_;
};

TEST_F(RunChartsTest, LossLeavesOutStepsWithoutValidation) {
  const Chart chart = LossChart(Log());
  ASSERT_EQ(chart.series.size(), 2u);
  EXPECT_THAT(chart.series[0].x, ElementsAre(10, 20, 30));
  EXPECT_THAT(chart.series[1].x, ElementsAre(20, 30));
  EXPECT_THAT(chart.series[1].y, ElementsAre(0.3, 0.05));
}

TEST_F(RunChartsTest, LossThatFallsFarIsDrawnOnALogarithmicAxis) {
  EXPECT_TRUE(LossChart(Log()).log_y);  // 0.5 to 0.02
  tests::WriteText(folder_ / "train.csv", "train_step,loss\n10,0.5\n20,0.25\n");
  EXPECT_FALSE(LossChart(Log()).log_y);
}

TEST_F(RunChartsTest, ReturnShowsEveryProtocolBesideTheData) {
  const Chart chart = ReturnChart(Log());
  ASSERT_EQ(chart.series.size(), 4u);
  EXPECT_EQ(chart.series[1].name, "last");
  EXPECT_THAT(chart.series[1].y, ElementsAre(450.5));
  ASSERT_EQ(chart.references.size(), 2u);
  EXPECT_EQ(chart.references[0].y, 828);
}

TEST_F(RunChartsTest, RolloutsShowEveryChainAndTheirMean) {
  const Chart chart = RolloutChart(Log());
  EXPECT_THAT(chart.series[0].y, ElementsAre(299, 301, 440, 461));
  EXPECT_THAT(chart.series[1].x, ElementsAre(1, 2));
  EXPECT_THAT(chart.series[1].y, ElementsAre(300, 450.5));
}

TEST_F(RunChartsTest, AreEmptyForARunThatHasJustBegun) {
  for (const char* name : {"train.csv", "eval.csv", "evaluation.json", "dataset.json"}) {
    std::filesystem::remove(folder_ / name);
  }
  EXPECT_THAT(LossChart(Log()).series[0].y, IsEmpty());
  EXPECT_THAT(ReturnChart(Log()).references, IsEmpty());
  EXPECT_THAT(RolloutChart(Log()).series[0].y, IsEmpty());
}

}  // namespace
}  // namespace experiments
