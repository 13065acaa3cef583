// What a ring costs: n processes of one thread beside one process of as many threads as there are
// cores for them, the same kernel in both.
//
// They take turns, and figures are medians over the turns. Beside the time that is achieved stand
// the time of its kernel calls alone and the time of its messages alone: if they overlap, the
// achieved time is the larger of the two and not the sum.
#ifndef EXPERIMENTS_BENCHMARKS_RING_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_RING_BENCHMARK_H_

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace experiments {

struct RingBenchmarkOptions {
  std::vector<std::string> layouts = {"zigzag"};
  std::vector<std::string> ring_sizes = {"2"};
  std::vector<std::string> tokens = {"16384"};  // of the whole context
  std::vector<std::string> transports = {"shm", "gloo"};
  int64_t heads = 1;
  int64_t key_heads = 0;  // 0: as many as heads
  int64_t head_dim = 128;
  std::string dtype = "float32";  // of the operands
  int repetitions = 5;

  // Only memory is measured: `tokens` are then each rank's own, in a striped layout under a window,
  // which makes every block go round and takes little time.
  bool memory = false;

  std::filesystem::path program;  // this one, to be started once per rank
};

// Flat objects, three per case (pass: forward, backward, both): layout, ring_size, transport,
// tokens, heads, key_heads, head_dim, dtype, pass, threads and the figures
//
//   one_process_s, ring_s          seconds, of one process with `threads` threads and of the ring
//   compute_s, communication_s     of the ring's kernel calls and of its messages, alone
//   efficiency, bound              one_process_s / ring_s; the most the layout's balance allows
//   one_process_cpu_s, ring_cpu_s  processor seconds of forward and backward together
//   peak_bytes_per_rank, formula_bytes_per_rank
//
// Throws std::invalid_argument for counts below 1 and c10::ValueError for unknown names.
nlohmann::json BenchmarkRing(const RingBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_RING_BENCHMARK_H_
