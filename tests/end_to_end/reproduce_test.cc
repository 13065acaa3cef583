// A table: filled, interrupted and continued, checked, forged.
#include "tests/datasets/exorl_files.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace tests {
namespace {

using ::testing::HasSubstr;

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A table of two methods and two seeds, on three episodes that are made for it; a cell takes
// seconds.
class ReproduceTest : public ::testing::Test {
 protected:
  ReproduceTest() {
    Write("table",
          "title = A tiny table\nrow = cartpole_swingup@controller\nmethods = at,bc\n"
          "seeds = 1,2\nepisodes = 3\n");
    Write("common",
          "[evaluation]\nchains = 2\nrollouts = 2\n[train]\nsteps = 6\nwarmup_steps = 2\n"
          "log_every = 2\nvalidate_every = 0\ncheckpoint_every = 2\nevaluate_every = 2\n");
    Write("at",
          "algorithm = at\n[chain]\ntrajectories = 2\nwindow = 8\nbatch = 2\n"
          "[model]\ntokens = step\nlayers = 1\ndim = 16\n");
    Write("bc", "algorithm = bc\n[baseline]\nbatch = 8\nhidden_dim = 16\n");
  }

  void Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(folder_ / "tiny");
    std::ofstream(folder_ / "tiny" / (name + ".cfg")) << text;
  }

  std::vector<std::string> Command(const std::string& output) const {
    return {RINGRL_PROGRAM, "reproduce", "--folder=" + (folder_ / "tiny").string(), "--threads=1",
            "--output=" + (folder_ / output).string()};
  }

  ProgramResult Check(const std::string& output) const {
    return RunProgram({RINGRL_PROGRAM, "report", (folder_ / output).string(), "--check"});
  }

  // A file of a report without the section that says what the table took.
  std::string Compared(const std::string& output, const std::string& file) const {
    const std::string text = ReadText(folder_ / output / file);
    const size_t begin = text.find("<section id=\"costs\">");
    if (begin == std::string::npos) return text;
    return text.substr(0, begin) + text.substr(text.find("</section>", begin));
  }

  TemporaryFolder folder_;
};

TEST_F(ReproduceTest, KilledTenTimesItReportsTheSameByteForByte) {
  const ProgramResult whole = RunProgram(Command("whole"));
  ASSERT_EQ(whole.status, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("0 of 4 cells are done"));

  std::mt19937 rng(301);
  for (int kill = 0; kill < 10; ++kill) {
    RunningProgram running(Command("killed"));
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::uniform_int_distribution(100, 1500)(rng)));
    const int signal = kill % 2 == 0 ? SIGKILL : SIGTERM;
    running.Signal(signal);
    const int status = running.Wait().status;
    EXPECT_TRUE(status == 128 + signal || status == 0) << status;  // 0: it was over before
  }
  const ProgramResult rest = RunProgram(Command("killed"));
  ASSERT_EQ(rest.status, 0) << rest.err;
  for (const char* file :
       {"report.html", "report.md", "report.tex", "table.csv", "scores.csv", "aggregates.csv"}) {
    EXPECT_FALSE(Compared("whole", file).empty()) << file;
    EXPECT_EQ(Compared("whole", file), Compared("killed", file)) << file;
  }
  EXPECT_EQ(Check("killed").status, 0) << Check("killed").out;
}

TEST_F(ReproduceTest, ChecksEveryFigureAgainstTheRuns) {
  std::vector<std::string> command = Command("table");
  command.push_back("--only=,bc");
  ASSERT_EQ(RunProgram(command).status, 0);
  const ProgramResult before = Check("table");
  EXPECT_EQ(before.status, 0) << before.out;
  EXPECT_THAT(before.out, HasSubstr("every figure is as printed"));

  // A cell and the report made from it agree with each other, but not with the run.
  const std::filesystem::path cell =
      folder_ / "table" / "cells" / "cartpole_swingup.controller.bc.s1.json";
  std::string text = ReadText(cell);
  const std::string key = "\"returns\":[[";
  const size_t place = text.find(key);
  ASSERT_NE(place, std::string::npos);
  std::ofstream(cell) << text.insert(place + key.size(), "1");
  ASSERT_EQ(RunProgram({RINGRL_PROGRAM, "report", (folder_ / "table").string()}).status, 0);
  const ProgramResult after = Check("table");
  EXPECT_EQ(after.status, 1);
  EXPECT_THAT(after.out, HasSubstr("/evaluations/0/returns/0/0 is not what"));
}

TEST_F(ReproduceTest, RefusesToContinueAnotherTableAndNamesAFailingCell) {
  std::vector<std::string> command = Command("table");
  command.push_back("--only=,bc,1");
  ASSERT_EQ(RunProgram(command).status, 0);
  Write("bc", "algorithm = bc\n[baseline]\nbatch = 9\nhidden_dim = 16\n");
  const ProgramResult other = RunProgram(command);
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err, HasSubstr("holds a table of another recipe"));

  Write("bc", "algorithm = bc\n[baseline]\nbatch = -1\n");
  command = Command("failing");
  command.push_back("--only=,bc,1");
  const ProgramResult failing = RunProgram(command);
  EXPECT_EQ(failing.status, 1);
  EXPECT_THAT(failing.err, HasSubstr("cartpole_swingup.controller.bc.s1 failed with exit status"));
}

TEST_F(ReproduceTest, ImportsExorlFilesOnceAndRelabelsThem) {
  WriteBuffer(folder_ / "exorl" / "cartpole" / "proto", /*count=*/4);
  Write("table",
        "title = T\nrow = cartpole_swingup@proto\nrow = cartpole_balance@proto\n"
        "methods = bc\nseeds = 1\n");
  std::vector<std::string> command = Command("table");
  command.push_back("--data=" + (folder_ / "exorl").string());
  command.push_back("--only=cartpole_swingup");
  const ProgramResult first = RunProgram(command);
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("import cartpole_proto"));
  EXPECT_THAT(first.out, HasSubstr("relabel cartpole_proto"));
  EXPECT_THAT(ReadText(folder_ / "table" / "cells" / "cartpole_swingup.proto.bc.s1.json"),
              HasSubstr("infos/rewards/cartpole_swingup"));
  command.back() = "--only=cartpole_balance";
  const ProgramResult second = RunProgram(command);
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_THAT(second.out, ::testing::Not(HasSubstr("import")));
  EXPECT_THAT(ReadText(folder_ / "table" / "table.csv"),
              HasSubstr("cartpole_balance,proto,bc,last"));
}

TEST_F(ReproduceTest, DataThatIsNowhereIsAskedFor) {
  Write("table", "title = T\nrow = walker_walk@rnd\nmethods = bc\nseeds = 1\n");
  const ProgramResult result = RunProgram(Command("table"));
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("no data for walker_walk@rnd: give --data FOLDER"));
}

}  // namespace
}  // namespace tests
