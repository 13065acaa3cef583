#include "ring/runtime/trace.h"

#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace ring {
namespace {

using std::chrono::milliseconds;

nlohmann::json ReadJson(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return nlohmann::json::parse(stream);
}

TEST(TraceTest, AChromeTraceHasEveryEventOfEveryRank) {
  const auto begin = TraceRecorder::Clock::now();
  TraceRecorder zero(0, /*keep_events=*/true), one(1, /*keep_events=*/true);
  zero.Add(Activity::kCompute, "round 0", begin, begin + milliseconds(30));
  one.Add(Activity::kWait, "a \"quoted\" \\ name\n", begin, begin + milliseconds(20));
  const tests::TemporaryFolder folder;
  WriteTrace(folder / "trace.json", {zero.Events(), one.Events()});

  const nlohmann::json trace = ReadJson(folder / "trace.json");
  std::vector<nlohmann::json> spans;
  for (const auto& event : trace["traceEvents"]) {
    if (event["ph"] == "X") spans.push_back(event);
  }
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0]["name"], "round 0");
  EXPECT_EQ(spans[0]["pid"], 0);
  EXPECT_EQ(spans[0]["dur"], 30'000.0);
  EXPECT_EQ(spans[1]["name"], "a \"quoted\" \\ name ");
  EXPECT_EQ(spans[1]["pid"], 1);
  EXPECT_EQ(spans[1]["cat"], "wait");
}

TEST(TraceTest, SumsAreKeptWithoutEvents) {
  const auto begin = TraceRecorder::Clock::now();
  TraceRecorder recorder(0, /*keep_events=*/false);
  recorder.Add(Activity::kWait, "x", begin, begin + milliseconds(20));
  recorder.Add(Activity::kWait, "x", begin, begin + milliseconds(5));
  recorder.Add(Activity::kCompute, "x", begin, begin + milliseconds(100));
  recorder.CountBytes(64);
  recorder.CountBytes(36);
  EXPECT_DOUBLE_EQ(recorder.wait_seconds(), 0.025);
  EXPECT_DOUBLE_EQ(recorder.compute_seconds(), 0.1);
  EXPECT_EQ(recorder.bytes_sent(), 100);
  EXPECT_EQ(recorder.Events().find("\"X\""), std::string::npos);
}

TEST(TraceTest, AScopeRecordsItselfAndMayHaveNoRecorder) {
  TraceRecorder recorder(0, /*keep_events=*/true);
  { const TraceScope scope(&recorder, Activity::kCompute, "the scope"); }
  { const TraceScope scope(nullptr, Activity::kCompute, "nowhere"); }
  EXPECT_NE(recorder.Events().find("the scope"), std::string::npos);
}

TEST(TraceTest, AFolderThatIsNotThereIsNamedAndNothingIsLeft) {
  const tests::TemporaryFolder folder;
  EXPECT_THROW(WriteTrace(folder / "none" / "trace.json", {}), std::exception);
  EXPECT_TRUE(std::filesystem::is_empty(folder / "."));
}

}  // namespace
}  // namespace ring
