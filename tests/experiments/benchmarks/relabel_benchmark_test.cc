#include "experiments/benchmarks/relabel_benchmark.h"

#include "experiments/locations.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <stdexcept>

namespace experiments {
namespace {

RelabelBenchmarkOptions ShortRun() {
  return {.domains = {"cartpole"},
          .threads = {"1", "2"},
          .num_episodes = 2,
          .rounds = 1,
          .seconds = 0.01,
          .assets = AssetFolder(),
          .python = {},
          .peer_script = {}};
}

TEST(RelabelBenchmarkTest, MeasuresAllTasksOfADomainWithEveryNumberOfThreads) {
  const nlohmann::json rows = BenchmarkRelabelling(ShortRun());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["domain"], "cartpole");
  EXPECT_EQ(rows[0]["tasks"], 4);
  EXPECT_EQ(rows[1]["threads"], 2);
  EXPECT_GT(rows[1]["ours_states_per_s"], 1000.0);
  EXPECT_TRUE(rows[1]["dm_control_states_per_s"].is_null());
  EXPECT_TRUE(rows[1]["ratio"].is_null());
}

// The shell stands for a Python: it is given the states, as many processes as threads.
TEST(RelabelBenchmarkTest, ThePeerIsGivenTheSameStates) {
  const tests::TemporaryFolder folder;
  RelabelBenchmarkOptions options = ShortRun();
  options.python = "/bin/sh";
  options.peer_script = folder / "peer.sh";
  std::ofstream(options.peer_script)
      << "test $1 = relabel && test $2 = cartpole || exit 3\necho $3$6.$(wc -c <$5)\n";
  const nlohmann::json rows = BenchmarkRelabelling(options);
  // Processes, size of a state, bytes: two episodes of 1001 states of four numbers.
  EXPECT_DOUBLE_EQ(rows[0]["dm_control_states_per_s"], 14.64064);
  EXPECT_DOUBLE_EQ(rows[1]["dm_control_states_per_s"], 24.64064);
  EXPECT_EQ(rows[1]["ratio_one_process"], rows[1]["ours_states_per_s"].get<double>() / 14.64064);
}

TEST(RelabelBenchmarkTest, WrongWordsAreRefused) {
  RelabelBenchmarkOptions options = ShortRun();
  options.domains = {"cartpoles"};
  EXPECT_THROW(BenchmarkRelabelling(options), std::invalid_argument);
  options = ShortRun();
  options.num_episodes = 0;
  EXPECT_THROW(BenchmarkRelabelling(options), std::invalid_argument);
}

}  // namespace
}  // namespace experiments
