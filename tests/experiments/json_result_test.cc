#include "experiments/json_result.h"

#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>

namespace experiments {
namespace {

TEST(ResultEnvelopeTest, NamesProgramMachineAndDate) {
  const nlohmann::json result = ResultEnvelope("bench env");
  EXPECT_EQ(result["command"], "bench env");
  EXPECT_TRUE(result["version"].is_string());
  EXPECT_TRUE(result["commit"].is_string());
  EXPECT_EQ(result["rows"], nlohmann::json::array());
  const nlohmann::json& machine = result["machine"];
  EXPECT_GE(machine["cores"].get<int>(), 1);
  EXPECT_GT(machine["memory"].get<int64_t>(), 0);
  EXPECT_FALSE(machine["cpu"].get<std::string>().empty());
  EXPECT_TRUE(machine.contains("gpu"));
  const std::string date = result["date"];
  ASSERT_EQ(date.size(), 20u);
  EXPECT_EQ(date[10], 'T');
  EXPECT_EQ(date[19], 'Z');
}

TEST(WriteJsonTest, WritesWhatReadsBackAndNothingElse) {
  const tests::TemporaryFolder folder;
  const nlohmann::json result = {{"rows", {{{"a", 1.5}}}}};
  WriteJson(result, (folder / "r.json").string());
  std::ifstream stream(folder / "r.json");
  EXPECT_EQ(nlohmann::json::parse(stream), result);
  const std::filesystem::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(WriteJsonTest, WritesAnUnmeasuredFigureAsNull) {
  ::testing::internal::CaptureStdout();
  WriteJson({{"x", std::numeric_limits<double>::quiet_NaN()}}, "-");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "{\n  \"x\": null\n}\n");
}

TEST(FigureTest, RoundsWhatWasMeasuredAndDashesTheRest) {
  EXPECT_EQ(Figure(12.345, 0), "12");
  EXPECT_EQ(Figure(0.012345, 1, 1e3), "12.3");
  EXPECT_EQ(Figure(nlohmann::json(), 2), "-");
}

TEST(WriteJsonTest, IsSilentWithoutADestination) {
  ::testing::internal::CaptureStdout();
  WriteJson({{"x", 1}}, "");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
}

TEST(WriteJsonTest, FailsWhereNothingCanBeWritten) {
  EXPECT_THROW(WriteJson({{"x", 1}}, "no-such-folder/r.json"), std::runtime_error);
}

TEST(TableStreamTest, KeepsTablesOutOfTheJson) {
  EXPECT_EQ(TableStream("-"), stderr);
  EXPECT_EQ(TableStream("r.json"), stdout);
  EXPECT_EQ(TableStream(""), stdout);
}

}  // namespace
}  // namespace experiments
