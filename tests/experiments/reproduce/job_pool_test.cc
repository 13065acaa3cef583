#include "experiments/reproduce/job_pool.h"

#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>

namespace experiments {
namespace {

class JobPoolTest : public ::testing::Test {
 protected:
  Job Shell(const std::string& name, const std::string& script, int timeout = 0) const {
    return {.name = name,
            .program = "sh",
            .arguments = {"-c", script},
            .log = folder_ / (name + ".log"),
            .timeout = std::chrono::seconds(timeout)};
  }

  std::map<std::string, JobOutcome> Run(const std::vector<Job>& jobs, JobPoolOptions options = {}) {
    std::map<std::string, JobOutcome> outcomes;
    RunJobs(jobs, options,
            [&](const Job& job, const JobOutcome& outcome) { outcomes[job.name] = outcome; });
    return outcomes;
  }

  std::string Log(const std::string& name) const {
    std::ifstream stream(folder_ / (name + ".log"));
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  tests::TemporaryFolder folder_;
};

TEST_F(JobPoolTest, KeepsWhatJobsSayAndHowTheyEnd) {
  const auto outcomes = Run({Shell("good", "echo one; echo two >&2"),
                             Shell("bad", "echo the reason >&2; exit 3"), Shell("quiet", "true")});
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_EQ(outcomes.at("good").status, 0);
  EXPECT_THAT(Log("good"),
              ::testing::AllOf(::testing::HasSubstr("one\n"), ::testing::HasSubstr("two\n")));
  EXPECT_EQ(outcomes.at("bad").status, 3);
  EXPECT_EQ(outcomes.at("bad").last_line, "the reason");
  EXPECT_EQ(outcomes.at("quiet").last_line, "");
}

TEST_F(JobPoolTest, LosesNothingOfALongOutput) {
  const auto outcomes =
      Run({Shell("long", "i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done")});
  EXPECT_EQ(outcomes.at("long").last_line, "19999");
  const std::string log = Log("long");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 20000);
}

// Each waits for the file that the other one makes: one after the other they would never end.
TEST_F(JobPoolTest, RunsSeveralAtOnce) {
  const auto waits = [&](const std::string& mine, const std::string& other) {
    const std::string path = folder_.path().string() + "/";
    return "touch " + path + mine + "; while [ ! -e " + path + other + " ]; do sleep 0.02; done";
  };
  const auto outcomes =
      Run({Shell("a", waits("a", "b"), 20), Shell("b", waits("b", "a"), 20)}, {.num_jobs = 2});
  EXPECT_EQ(outcomes.at("a").status, 0);
  EXPECT_EQ(outcomes.at("b").status, 0);
}

TEST_F(JobPoolTest, AsksAJobThatTakesTooLongToStopAndThenMakesIt) {
  const auto outcomes =
      Run({Shell("obeys", "trap 'echo saved; exit 143' TERM; while true; do sleep 0.02; done", 1),
           Shell("does_not", "trap '' TERM; while true; do sleep 0.02; done", 1)},
          {.num_jobs = 2, .grace = std::chrono::seconds(1)});
  EXPECT_TRUE(outcomes.at("obeys").timed_out);
  EXPECT_EQ(outcomes.at("obeys").status, 143);
  EXPECT_THAT(Log("obeys"), ::testing::HasSubstr("saved\n"));
  EXPECT_TRUE(outcomes.at("does_not").timed_out);
  EXPECT_EQ(outcomes.at("does_not").status, 128 + SIGKILL);
}

TEST_F(JobPoolTest, BeginsNothingOnceStoppedAndStopsWhatRuns) {
  int asked = 0;
  const auto outcomes =
      Run({Shell("runs", "while true; do sleep 0.02; done"), Shell("waits", "true")},
          {.should_stop = [&] { return ++asked > 2; }});
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_TRUE(outcomes.at("runs").stopped);
  EXPECT_EQ(outcomes.at("runs").status, 128 + SIGTERM);
}

}  // namespace
}  // namespace experiments
