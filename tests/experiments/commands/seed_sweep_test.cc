#include "experiments/commands/seed_sweep.h"

#include "experiments/options/usage_error.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseSeedsTest, TakesAListAndRanges) {
  EXPECT_THAT(ParseSeeds({"3", "1"}, 0), ElementsAre(3, 1));
  EXPECT_THAT(ParseSeeds({"5-7"}, 0), ElementsAre(5, 6, 7));
  EXPECT_THAT(ParseSeeds({"1", "5-6", "0"}, 0), ElementsAre(1, 5, 6, 0));
}

TEST(ParseSeedsTest, ASingleNumberIsHowManyAreCountedUp) {
  EXPECT_THAT(ParseSeeds({"3"}, 10), ElementsAre(10, 11, 12));
  EXPECT_THAT(ParseSeeds({"1"}, 0), ElementsAre(0));
}

TEST(ParseSeedsTest, RefusesWhatIsNoSeed) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"a", "b"}, {"0"}, {"7-5"}, {"1", "-2"}, {"1-"}, {"1-99999999"}, {"2", "1-3"}}) {
    EXPECT_THROW(ParseSeeds(words, 0), UsageError) << words[0];
  }
}

void WriteResult(const std::filesystem::path& run, const std::string& text) {
  std::filesystem::create_directories(run);
  std::ofstream(run / "result.json") << text;
}

// Scores of two runs that are done, 10 and 14: mean 12, standard error 2. The one that was
// interrupted counts nowhere.
TEST(SweepResultTest, SumsUpTheRunsThatAreDone) {
  const tests::TemporaryFolder folder;
  WriteResult(folder / "s1", R"({"stopped": "finished", "train_step": 40, "score": "last",
    "last": {"train_step": 40, "value": 10}, "best": {"train_step": 20, "value": 11}})");
  WriteResult(folder / "s2", R"({"stopped": "no improvement", "train_step": 30, "score": "last",
    "last": {"train_step": 30, "value": 14}, "best": {"train_step": 30, "value": 14}})");
  WriteResult(folder / "s3", R"({"stopped": "interrupted", "train_step": 5, "score": "last",
    "last": {"train_step": 5, "value": 900}, "best": {"train_step": 5, "value": 900}})");
  WriteResult(folder / "s5", R"({"stopped": "interrupted", "train_step": 0, "score": "last",
    "last": null, "best": null})");
  const nlohmann::json result =
      SweepResult(folder.path(), {1, 2, 3, 4, 5}, {false, false, false, false, true});
  ASSERT_EQ(result["rows"].size(), 5u);
  EXPECT_EQ(result["rows"][0]["best_train_step"], 20);
  EXPECT_EQ(result["rows"][1]["status"], "no improvement");
  EXPECT_EQ(result["rows"][2]["status"], "interrupted");
  EXPECT_EQ(result["rows"][3]["status"], "waiting");
  EXPECT_TRUE(result["rows"][3]["last"].is_null());
  EXPECT_EQ(result["rows"][4]["status"], "failed");
  EXPECT_EQ(result["last"]["runs"], 2);
  EXPECT_EQ(result["last"]["mean"], 12);
  EXPECT_EQ(result["last"]["standard_error"], 2);
  EXPECT_EQ(result["best"]["mean"], 12.5);
  EXPECT_EQ(result["best"]["optimistic"], true);

  const std::string table = SweepTable(result);
  EXPECT_THAT(table, HasSubstr("last 12.000 ± 2.000, best 12.500 ± 1.500 (optimistic"));
  EXPECT_THAT(table, HasSubstr("waiting"));
}

}  // namespace
}  // namespace experiments
