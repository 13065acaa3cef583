#include "rl/train/metrics_log.h"

#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace rl {
namespace {

std::string Content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(MetricsLogTest, HasOneColumnPerMetricAndRoundTripNumbers) {
  const tests::TemporaryFolder folder;
  MetricsLog log(folder / "train.csv", 0);
  log.Append(1, {{"loss", 0.1}, {"rate", 1e-4}});
  log.Append(2, {{"loss", 1.0 / 3}, {"rate", 2}});
  EXPECT_EQ(Content(folder / "train.csv"),
            "train_step,loss,rate\n1,0.1,1e-04\n2,0.3333333333333333,2\n");
}

TEST(MetricsLogTest, AMetricThatTurnsUpLateGetsAColumn) {
  const tests::TemporaryFolder folder;
  MetricsLog log(folder / "train.csv", 0);
  log.Append(1, {{"loss", 5}});
  log.Append(2, {{"loss", 4}, {"validation_loss", 6}});
  log.Append(3, {{"loss", std::numeric_limits<double>::quiet_NaN()}});
  EXPECT_EQ(Content(folder / "train.csv"), "train_step,loss,validation_loss\n1,5,\n2,4,6\n3,,\n");
}

TEST(MetricsLogTest, TellsTheCurveOfAMetricAlsoOfTheRowsItFound) {
  const tests::TemporaryFolder folder;
  using Curve = std::vector<std::pair<int64_t, double>>;
  MetricsLog log(folder / "train.csv", 0);
  log.Append(1, {{"loss", 5}});
  log.Append(2, {{"loss", 4}, {"validation_loss", 1.0 / 3}});
  EXPECT_EQ(log.Curve("loss"), (Curve{{1, 5}, {2, 4}}));
  EXPECT_EQ(log.Curve("return"), Curve{});
  EXPECT_EQ(MetricsLog(folder / "train.csv", 2).Curve("validation_loss"), (Curve{{2, 1.0 / 3}}));
}

TEST(MetricsLogTest, ResumingDropsTheRowsThatWillBeMadeAgain) {
  const tests::TemporaryFolder folder;
  {
    MetricsLog log(folder / "train.csv", 0);
    for (const int64_t step : {10, 20, 30}) log.Append(step, {{"loss", 0.5}});
  }
  MetricsLog log(folder / "train.csv", 20);
  EXPECT_EQ(log.last_step(), 20);
  EXPECT_EQ(Content(folder / "train.csv"), "train_step,loss\n10,0.5\n20,0.5\n");
  log.Append(30, {{"loss", 0.25}});
  EXPECT_EQ(Content(folder / "train.csv"), "train_step,loss\n10,0.5\n20,0.5\n30,0.25\n");
}

TEST(MetricsLogTest, ATornLastLineIsDropped) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "train.csv") << "train_step,loss\n10,0.5\n20,0.";
  const MetricsLog log(folder / "train.csv", 100);
  EXPECT_EQ(Content(folder / "train.csv"), "train_step,loss\n10,0.5\n");
}

TEST(MetricsLogTest, RefusesAFileOfAnotherKind) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "train.csv") << "name,price\nbread,3\n";
  EXPECT_THROW(MetricsLog(folder / "train.csv", 0), std::invalid_argument);
  EXPECT_EQ(Content(folder / "train.csv"), "name,price\nbread,3\n");
}

TEST(MetricsLogTest, RefusesAStepTwice) {
  const tests::TemporaryFolder folder;
  MetricsLog log(folder / "train.csv", 0);
  log.Append(1, {{"loss", 5}});
  EXPECT_THROW(log.Append(1, {{"loss", 5}}), std::logic_error);
}

}  // namespace
}  // namespace rl
