#include "experiments/report/run_report.h"

#include "tests/experiments/report/tiny_run.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RenderReportTest, ShowsTheNumbersOfTheRun) {
  const tests::TemporaryFolder folder;
  tests::WriteTinyRun(folder.path());
  const std::vector<RunLog> runs{ReadRun(folder.path())};
  const std::string page = RenderReport(runs);
  EXPECT_THAT(page, HasSubstr("walker_walk · Agentic Transformer"));
  EXPECT_THAT(page, HasSubstr("300.0 <small>± 1.0</small>"));
  EXPECT_THAT(page, HasSubstr("450.5 <small>± –</small>"));
  EXPECT_THAT(page, HasSubstr("<td>0.451</td>"));  // normalized last
  EXPECT_THAT(page, HasSubstr("<td>563.0</td>"));  // median of the data
  EXPECT_THAT(page, HasSubstr("<dt>layers</dt><dd>3</dd>"));
  EXPECT_THAT(page, HasSubstr("A &lt;fast&gt; CPU, 2 cores, 8 GB"));
  EXPECT_THAT(page, HasSubstr("2026-01-31 12:00 UTC"));
  EXPECT_THAT(page, HasSubstr("<pre>ringrl train --seed=1</pre>"));
}

TEST(RenderReportTest, NamesTheBestEvaluationAndCallsItOptimistic) {
  const tests::TemporaryFolder folder;
  tests::WriteTinyRun(folder.path());
  tests::WriteText(folder / "config.json", R"({"task": "walker_walk", "train.best_by": "mean"})");
  tests::WriteText(folder / "eval.csv",
                   "train_step,last_mean,mean_mean\n10,900,100\n20,1,300.5\n30,450,200\n");
  const std::string page = RenderReport(std::vector<RunLog>{ReadRun(folder.path())});
  EXPECT_THAT(page, HasSubstr("Best by <em>mean</em> while training: 300.5 at step 20"));
  EXPECT_THAT(page, HasSubstr("optimistic"));
}

TEST(RenderReportTest, ComparesSeveralRuns) {
  const tests::TemporaryFolder folder;
  std::vector<RunLog> runs;
  for (const char* name : {"s1", "s2"}) {
    std::filesystem::create_directory(folder / name);
    tests::WriteTinyRun(folder / name);
    runs.push_back(ReadRun(folder / name));
  }
  const std::string page = RenderReport(runs);
  EXPECT_THAT(page, HasSubstr("<h1>2 runs</h1>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"#s2\">s2</a>"));
  EXPECT_THAT(page, HasSubstr("<article id=\"s2\">"));
}

TEST(RenderReportTest, ShowsThePicturesOfARunInsideThePage) {
  const tests::TemporaryFolder folder;
  tests::WriteTinyRun(folder.path());
  EXPECT_THAT(RenderReport(std::vector<RunLog>{ReadRun(folder.path())}), Not(HasSubstr("<img")));
  std::filesystem::create_directories(folder / "videos" / "frames");
  tests::WriteText(folder / "videos" / "rollout 4.png", "foo");
  tests::WriteText(folder / "videos" / "rollout 4.mp4", "bar");
  const std::string page = RenderReport(std::vector<RunLog>{ReadRun(folder.path())});
  EXPECT_THAT(page, HasSubstr("<figcaption>rollout 4</figcaption><img alt=\"rollout 4\" "
                              "src=\"data:image/png;base64,Zm9v\">"));
}

TEST(RenderReportTest, SaysThatARunHasNotBeenEvaluated) {
  const tests::TemporaryFolder folder;
  tests::WriteText(folder / "config.json", "{\"task\": \"walker_walk\"}");
  const std::vector<RunLog> runs{ReadRun(folder.path())};
  const std::string page = RenderReport(runs);
  EXPECT_THAT(page, HasSubstr("has not been evaluated yet"));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace experiments
