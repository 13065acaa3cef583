// Attention of one block on the processor: ours beside LibTorch's kernel and beside what this
// machine's matrix product reaches.
//
// All systems of a configuration are measured in turn, and a figure is made of the median time. A
// forward pass counts as 4 S S D H floating-point operations, a backward pass as 2.5 times that,
// both halved under a causal mask. The ceiling is at::mm in the row's type with as many threads;
// for bfloat16 the better of it and float32.
#ifndef EXPERIMENTS_BENCHMARKS_ATTENTION_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_ATTENTION_BENCHMARK_H_

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace experiments {

struct AttentionBenchmarkOptions {
  std::vector<std::string> dtypes = {"float32", "bfloat16"};  // or float64
  std::vector<std::string> heads = {"1", "8"};
  std::vector<std::string> head_dims = {"64", "128"};
  std::vector<std::string> tokens = {"4096", "16384"};
  bool causal = true;
  int threads = 1;
  int repetitions = 7;         // rounds, after one that warms up
  bool busy_neighbor = false;  // another process takes one core meanwhile
};

// Flat rows, one per configuration and pass (forward, backward, both): {pass, dtype, heads,
// head_dim, tokens, causal, threads, busy_neighbor, ours_gflops, library_gflops, gemm_gflops,
// relative_error, library_relative_error}. Errors are those of head 0, the worst of the pass's
// results, against our kernel in float64 on the same inputs.
nlohmann::json BenchmarkAttention(const AttentionBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_ATTENTION_BENCHMARK_H_
