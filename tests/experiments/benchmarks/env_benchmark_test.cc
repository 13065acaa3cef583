#include "experiments/benchmarks/env_benchmark.h"

#include "experiments/benchmarks/peer_environment.h"
#include "experiments/locations.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace experiments {
namespace {

EnvBenchmarkOptions ShortRun() {
  return {.tasks = {"cartpole_swingup"},
          .threads = {"1", "2"},
          .num_environments = 4,
          .rounds = 1,
          .seconds = 0.05,
          .assets = AssetFolder(),
          .python = {},
          .peer_script = PeerScript("env_peers.py")};
}

TEST(EnvBenchmarkTest, MeasuresEveryTaskWithEveryNumberOfThreads) {
  const nlohmann::json rows = BenchmarkEnvironments(ShortRun());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["task"], "cartpole_swingup");
  EXPECT_EQ(rows[0]["threads"], 1);
  EXPECT_EQ(rows[1]["threads"], 2);
  EXPECT_GT(rows[1]["ours_steps_per_s"], 1000.0);
  EXPECT_GT(rows[1]["physics_only_steps_per_s"], 1000.0);
  EXPECT_EQ(rows[0]["thread_scaling"], 1.0);
  EXPECT_EQ(rows[1]["thread_scaling"],
            rows[1]["ours_steps_per_s"].get<double>() / rows[0]["ours_steps_per_s"].get<double>());
}

TEST(EnvBenchmarkTest, APeerThatIsNotThereIsNull) {
  const nlohmann::json rows = BenchmarkEnvironments(ShortRun());
  EXPECT_TRUE(rows[0]["envpool_steps_per_s"].is_null());
  EXPECT_TRUE(rows[0]["dm_control_steps_per_s"].is_null());
}

// The shell stands for a Python that has EnvPool and lacks dm_control.
TEST(EnvBenchmarkTest, APeersFigureIsTheNumberItsProgramPrints) {
  const tests::TemporaryFolder folder;
  EnvBenchmarkOptions options = ShortRun();
  options.threads = {"1"};
  options.python = "/bin/sh";
  options.peer_script = folder / "peer's.sh";
  std::ofstream(options.peer_script) << "test $1 = envpool || exit 3\necho 3 ${#2}$3.5 4\n";
  const nlohmann::json rows = BenchmarkEnvironments(options);
  EXPECT_EQ(rows[0]["envpool_steps_per_s"], 161.5);  // the length of the task's name, the threads
  EXPECT_EQ(rows[0]["envpool_setting"], "sync 64");
  EXPECT_EQ(rows[0]["ratio_envpool"], rows[0]["ours_steps_per_s"].get<double>() / 161.5);
  EXPECT_TRUE(rows[0]["dm_control_steps_per_s"].is_null());
}

TEST(EnvBenchmarkTest, WrongWordsAreRefused) {
  EnvBenchmarkOptions options = ShortRun();
  options.threads = {"2x"};
  EXPECT_THROW(BenchmarkEnvironments(options), std::invalid_argument);
  options = ShortRun();
  options.tasks = {"cartpole_swingdown"};
  EXPECT_THROW(BenchmarkEnvironments(options), std::invalid_argument);
}

}  // namespace
}  // namespace experiments
