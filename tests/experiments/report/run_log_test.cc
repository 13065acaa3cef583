#include "experiments/report/run_log.h"

#include "tests/experiments/report/tiny_run.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace experiments {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(const std::filesystem::path& folder) {
  try {
    ReadRun(folder);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReadRunTest, ReadsWhatARunWrites) {
  const tests::TemporaryFolder folder;
  tests::WriteTinyRun(folder.path());
  const RunLog run = ReadRun(folder.path());
  EXPECT_EQ(run.task, "walker_walk");
  EXPECT_EQ(run.algorithm, "at");
  EXPECT_EQ(run.train.num_rows(), 3u);
  ASSERT_TRUE(run.evaluation);
  EXPECT_EQ(run.evaluation->protocols[1].mean, 450.5);
  EXPECT_TRUE(std::isnan(run.evaluation->protocols[1].standard_error));
  EXPECT_EQ(run.evaluation->returns[1][0], 301);
  ASSERT_TRUE(run.data_returns);
  EXPECT_EQ(run.data_returns->median, 563);
}

TEST(ReadRunTest, NeedsNothingButTheConfiguration) {
  const tests::TemporaryFolder folder;
  tests::WriteText(folder / "config.json", "{\"task\": \"walker_walk\"}");
  const RunLog run = ReadRun(folder.path());
  EXPECT_FALSE(run.evaluation);
  EXPECT_FALSE(run.data_returns);
  EXPECT_EQ(run.eval.num_rows(), 0u);
}

TEST(ReadRunTest, RefusesAFolderThatIsNoRun) {
  const tests::TemporaryFolder folder;
  EXPECT_THAT(ErrorOf(folder.path()), HasSubstr("has no config.json"));
}

TEST(ReadRunTest, NamesTheFileItCannotUnderstand) {
  const tests::TemporaryFolder folder;
  tests::WriteTinyRun(folder.path());
  tests::WriteText(folder / "evaluation.json", "{\"protocols\": {}}");
  EXPECT_THAT(ErrorOf(folder.path()), HasSubstr((folder / "evaluation.json").string()));
  tests::WriteText(folder / "evaluation.json", "{");
  EXPECT_THAT(ErrorOf(folder.path()), HasSubstr("evaluation.json is not JSON"));
}

TEST(SummarizeReturnsTest, TakesTheMiddleOfAnEvenCount) {
  const DataReturns returns = SummarizeReturns({4, 1, 3, 10});
  EXPECT_EQ(returns.num_episodes, 4);
  EXPECT_EQ(returns.min, 1);
  EXPECT_EQ(returns.median, 3.5);
  EXPECT_EQ(returns.mean, 4.5);
  EXPECT_EQ(returns.max, 10);
}

TEST(SummarizeReturnsTest, CountsEveryEpisodeInOneBinAndTheBestInTheLast) {
  const DataReturns returns = SummarizeReturns({0, 0, 0.9, 1.1, 20});
  ASSERT_EQ(returns.histogram.size(), 20u);
  EXPECT_EQ(returns.histogram[0], 3);
  EXPECT_EQ(returns.histogram[1], 1);
  EXPECT_EQ(returns.histogram[19], 1);
  EXPECT_EQ(SummarizeReturns({5, 5}).histogram[0], 2);
}

TEST(SummarizeReturnsTest, RefusesNoReturns) {
  EXPECT_THROW(SummarizeReturns({}), std::logic_error);
}

}  // namespace
}  // namespace experiments
