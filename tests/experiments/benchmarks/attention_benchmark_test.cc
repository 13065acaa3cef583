#include "experiments/benchmarks/attention_benchmark.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace experiments {
namespace {

AttentionBenchmarkOptions ShortRun() {
  return {.dtypes = {"float32", "bfloat16"},
          .heads = {"2"},
          .head_dims = {"16"},
          .tokens = {"100", "200"},
          .repetitions = 1};
}

TEST(AttentionBenchmarkTest, EveryConfigurationHasARowPerPass) {
  AttentionBenchmarkOptions options = ShortRun();
  options.busy_neighbor = true;
  const nlohmann::json rows = BenchmarkAttention(options);
  ASSERT_EQ(rows.size(), 12u);
  EXPECT_EQ(rows[0]["pass"], "forward");
  EXPECT_EQ(rows[1]["pass"], "backward");
  EXPECT_EQ(rows[2]["pass"], "both");
  EXPECT_EQ(rows[3]["tokens"], 200);
  EXPECT_EQ(rows[6]["dtype"], "bfloat16");
  for (const nlohmann::json& row : rows) {
    for (const char* figure : {"ours_gflops", "library_gflops", "gemm_gflops"}) {
      EXPECT_GT(row[figure], 0.0) << figure;
    }
  }
}

TEST(AttentionBenchmarkTest, ErrorsAreThoseOfTheTypes) {
  for (const bool causal : {true, false}) {
    AttentionBenchmarkOptions options = ShortRun();
    options.causal = causal;
    for (const nlohmann::json& row : BenchmarkAttention(options)) {
      const double bound = row["dtype"] == "float32" ? 1e-6 : 1e-2;
      EXPECT_LT(row["relative_error"], bound) << row;
      EXPECT_LT(row["library_relative_error"], 3 * bound) << row;
      EXPECT_GT(row["relative_error"], 0.0) << row;
    }
  }
}

TEST(AttentionBenchmarkTest, RefusesWhatItCannotMeasure) {
  AttentionBenchmarkOptions options = ShortRun();
  options.dtypes = {"float8"};
  EXPECT_THROW(BenchmarkAttention(options), std::invalid_argument);
  options = ShortRun();
  options.tokens = {"0"};
  EXPECT_THROW(BenchmarkAttention(options), std::invalid_argument);
  options = ShortRun();
  options.threads = 0;
  EXPECT_THROW(BenchmarkAttention(options), std::invalid_argument);
}

}  // namespace
}  // namespace experiments
