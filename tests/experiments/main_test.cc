// The program's manners: exit statuses and messages, by running it.
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace experiments {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

tests::ProgramResult Call(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), RINGRL_PROGRAM);
  return tests::RunProgram(std::move(arguments));
}

const std::vector<std::string>& CommandNames() {
  static const std::vector<std::string> names{"quickstart", "dataset", "train",    "evaluate",
                                              "simulate",   "report",  "launch",   "bench",
                                              "plan",       "doctor",  "reproduce"};
  return names;
}

TEST(MainTest, ListsItsCommands) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, std::vector<std::string>{"--help"}}) {
    const tests::ProgramResult result = Call(arguments);
    EXPECT_EQ(result.status, 0);
    for (const std::string& name : CommandNames()) EXPECT_THAT(result.out, HasSubstr("  " + name));
  }
}

TEST(MainTest, ExplainsEveryCommandWithinItsColumns) {
  for (const std::string& name : CommandNames()) {
    const tests::ProgramResult result = Call({name, "--help"});
    EXPECT_EQ(result.status, 0) << name;
    EXPECT_THAT(result.out, HasSubstr("usage: ringrl " + name));
    EXPECT_THAT(result.err, IsEmpty());
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("usage:")) continue;
      EXPECT_LE(line.size(), 100u) << line;
    }
  }
}

TEST(MainTest, LaunchesACommandOnEveryRank) {
  const tests::ProgramResult result = Call({"launch", "-n", "2", "--", "--version"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("[0] ringrl 0."), HasSubstr("[1] ringrl 0.")));
  const tests::ProgramResult failed = Call({"launch", "-n", "2", "--", "train", "--no-such"});
  EXPECT_EQ(failed.status, 2);
  EXPECT_THAT(failed.err, HasSubstr("] ringrl train: "));
  EXPECT_THAT(Call({"launch", "-n", "2"}).err, HasSubstr("what to launch comes after --"));
  EXPECT_EQ(Call({"launch", "-n", "2"}).status, 2);
}

// Small enough for a test: its figures are not looked at, only that all of them are there.
TEST(MainTest, BenchesARingBesideOneProcess) {
  const tests::ProgramResult result =
      Call({"bench", "ring", "--tokens", "258", "--ring-sizes", "3", "--head-dim", "16",
            "--repetitions", "1", "--json", "-"});
  ASSERT_EQ(result.status, 0) << result.err;
  const nlohmann::json rows = nlohmann::json::parse(result.out)["rows"];
  ASSERT_EQ(rows.size(), 6u);  // forward, backward and both, by either transport
  for (const nlohmann::json& row : rows) {
    for (const char* key : {"one_process_s", "ring_s", "compute_s", "communication_s", "efficiency",
                            "peak_bytes_per_rank", "formula_bytes_per_rank"}) {
      EXPECT_GT(row[key].get<double>(), 0) << key;
    }
  }
  EXPECT_EQ(Call({"bench", "ring", "--layouts", "spiral"}).status, 1);
}

TEST(MainTest, BenchActStepTimesAStepBehindAContext) {
  const tests::ProgramResult result =
      Call({"bench", "act-step", "--context-steps", "5", "--episodes", "2", "--dim", "16",
            "--seconds", "0.001", "--recompute"});
  ASSERT_EQ(result.status, 0) << result.err;
  std::istringstream printed(result.out);
  double cached = 0, by_layers = 0, recomputed = 0, bound = 0, cache_bytes = 0;
  printed >> cached >> by_layers >> recomputed >> bound >> cache_bytes;
  ASSERT_TRUE(printed) << result.out;
  for (const double seconds : {cached, by_layers, recomputed, bound}) EXPECT_GT(seconds, 0.0);
  // Six rows of an episode, a page each: what is seen of five steps is 18 tokens of 64 bytes.
  EXPECT_EQ(cache_bytes, 6 * sysconf(_SC_PAGESIZE));
  EXPECT_EQ(Call({"bench", "act-step", "--episodes", "0"}).status, 1);
}

TEST(MainTest, BenchesALaunchPhaseByPhase) {
  const tests::ProgramResult result = Call({"bench", "launch", "--episodes", "3", "--rounds", "1",
                                            "--python", "no-python", "--json", "-"});
  ASSERT_EQ(result.status, 0) << result.err;
  const nlohmann::json rows = nlohmann::json::parse(result.out)["rows"];
  ASSERT_EQ(rows.size(), 2u);
  for (const nlohmann::json& row : rows) {
    double sum = 0;
    for (const char* phase :
         {"libraries", "options", "data", "algorithm", "environments", "record", "first_update"}) {
      sum += row[std::string(phase) + "_s"].get<double>();
    }
    EXPECT_GT(sum, 0);
    EXPECT_NEAR(sum, row["ours_s"].get<double>(), 1e-9);
    EXPECT_TRUE(row["peer_s"].is_null());
  }
}

TEST(MainTest, RingMemoryIsFlatAndEqualsTheFormula) {
  const tests::ProgramResult result =
      Call({"bench", "ring", "--memory", "--tokens", "4096", "--ring-sizes", "3,5", "--json", "-"});
  ASSERT_EQ(result.status, 0) << result.err;
  std::map<std::string, double> smallest;  // peak of a ring of three, by transport and pass
  const nlohmann::json json = nlohmann::json::parse(result.out);
  for (const nlohmann::json& row : json["rows"]) {
    const std::string key = row["transport"].get<std::string>() + row["pass"].get<std::string>();
    const double peak = row["peak_bytes_per_rank"], formula = row["formula_bytes_per_rank"];
    EXPECT_NEAR(peak / formula, 1, 0.05) << row.dump();
    EXPECT_LE(peak, 1.02 * smallest.try_emplace(key, peak).first->second) << row.dump();
  }
  EXPECT_FALSE(smallest.empty());
}

// 4,096 tokens: three matrices of scores are 200 MB, everything else is small. Processes begin with
// 100 to 300 MB, so that a budget of 600 holds all but twice as many tokens under vanilla.
TEST(MainTest, MeasuresWhichContextsTrainWithinABudget) {
  const tests::ProgramResult result =
      Call({"bench", "context", "--trajectories=1,2", "--trajectory-tokens=4096", "--layers=1",
            "--dim=32", "--ring-sizes=2", "--threads=2", "--budget=6e8", "--json=-"});
  ASSERT_EQ(result.status, 0) << result.err;
  const nlohmann::json rows = nlohmann::json::parse(result.out).at("rows");
  ASSERT_EQ(rows.size(), 8u);
  for (const nlohmann::json& row : rows) {
    const bool oom = row["method"] == "vanilla" && row["trajectories"] == 2;
    EXPECT_EQ(row["trains"], !oom) << row;
    EXPECT_EQ(row["predicted_trains"], !oom) << row;
    EXPECT_EQ(row["step_s"].is_null(), oom) << row;
    EXPECT_EQ(row["longest_tokens"], row["method"] == "vanilla" ? 4096 : 8192) << row;
  }
}

TEST(MainTest, TellsItsVersion) {
  const tests::ProgramResult result = Call({"--version"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, StartsWith("ringrl 0."));
}

TEST(MainTest, ExitsWithTwoOnWrongUsage) {
  const tests::ProgramResult command = Call({"tarin"});
  EXPECT_EQ(command.status, 2);
  EXPECT_THAT(command.err, HasSubstr("did you mean 'train'?"));
  const tests::ProgramResult option = Call({"train", "--model.layer=3"});
  EXPECT_EQ(option.status, 2);
  EXPECT_EQ(option.err,
            "ringrl train: unknown option --model.layer; did you mean '--model.layers'?\n");
  EXPECT_THAT(option.out, IsEmpty());
}

TEST(MainTest, ExitsWithOneOnBadInput) {
  const tests::ProgramResult result = Call({"report", "no-such-run"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, StartsWith("ringrl report: no-such-run is not a run folder"));
  EXPECT_THAT(result.err, EndsWith("\n"));
}

TEST(MainTest, DryRunPrintsAConfigurationThatIsReadBack) {
  const std::vector<std::string> arguments{"train", "--dataset=w.hdf5", "--model.layers=7",
                                           "--recipe=quickstart", "--dry-run"};
  const tests::ProgramResult first = Call(arguments);
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("\n[model]\nlayers = 7\n"));

  const tests::TemporaryFolder folder;
  std::ofstream(folder / "c.cfg") << first.out;
  const tests::ProgramResult second =
      Call({"train", "--config", (folder / "c.cfg").string(), "--dry-run"});
  EXPECT_EQ(second.out, first.out) << second.err;
}

TEST(MainTest, DoctorFindsWhatTheTestsRunOn) {
  const tests::ProgramResult result = Call({"doctor", "--json", "-"});
  EXPECT_EQ(result.status, 0) << result.err;
  const nlohmann::json json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["command"], "doctor");
  EXPECT_GT(json["rows"].size(), 10u);
}

}  // namespace
}  // namespace experiments
