#include "experiments/benchmarks/env_benchmark.h"

#include "experiments/benchmarks/peer_process.h"
#include "experiments/locations.h"
#include "rl/env/random.h"
#include "rl/env/vector_environment.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <stdexcept>

namespace experiments {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kNumWindows = 3;
constexpr int kNumActionRows = 64;  // drawn in advance, used in turn

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A vector environment under random actions, with a new episode wherever one ends.
class RandomPlay {
 public:
  explicit RandomPlay(const rl::VectorEnvironmentOptions& options)
      : environments_(options),
        observation_dim_(static_cast<size_t>(environments_.spec().observation_dim)),
        row_size_(static_cast<size_t>(options.num_environments) *
                  static_cast<size_t>(environments_.spec().action_dim)),
        actions_(row_size_ * kNumActionRows),
        observations_(static_cast<size_t>(options.num_environments) * observation_dim_),
        rewards_(static_cast<size_t>(options.num_environments)),
        last_(static_cast<size_t>(options.num_environments)) {
    rl::Random random(/*seed=*/0);
    for (float& action : actions_) action = static_cast<float>(random.Uniform(-1, 1));
    std::vector<uint64_t> seeds(rewards_.size());
    for (uint64_t& seed : seeds) seed = next_seed_++;
    environments_.Reset(seeds, observations_);
  }

  void Step() {
    const size_t row = (num_calls_++ % kNumActionRows) * row_size_;
    environments_.Step({actions_.data() + row, row_size_}, observations_, rewards_, last_);
    for (size_t i = 0; i < last_.size(); ++i) {
      if (!last_[i]) continue;
      environments_.ResetOne(static_cast<int>(i), next_seed_++,
                             {observations_.data() + i * observation_dim_, observation_dim_});
    }
  }

 private:
  rl::VectorEnvironment environments_;
  size_t observation_dim_, row_size_;
  std::vector<float> actions_, observations_, rewards_;
  std::vector<uint8_t> last_;
  uint64_t next_seed_ = 0;
  size_t num_calls_ = 0;
};

double MeasureOurs(const EnvBenchmarkOptions& options, const std::string& task, int threads) {
  RandomPlay play({.task = task,
                   .assets = options.assets,
                   .num_environments = options.num_environments,
                   .num_threads = threads});
  for (int i = 0; i < 20; ++i) play.Step();  // past the first contacts and page faults
  double best = 0;
  for (int window = 0; window < kNumWindows; ++window) {
    const auto start = Clock::now();
    int64_t num_steps = 0;
    while (SecondsSince(start) < options.seconds / kNumWindows) {
      play.Step();
      num_steps += options.num_environments;
    }
    best = std::max(best, static_cast<double>(num_steps) / SecondsSince(start));
  }
  return best;
}

// Runs env_peers.py; null when the system is not installed or the program fails.
nlohmann::json Peer(const EnvBenchmarkOptions& options, const char* system, const std::string& task,
                    int threads) {
  const auto rate =
      MeasurePeer(options.python, options.peer_script,
                  {system, task, std::to_string(threads), std::to_string(options.seconds)});
  return rate ? nlohmann::json(*rate) : nlohmann::json(nullptr);
}

int PositiveInteger(const std::string& word) {
  int value = 0;
  const char* end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || rest != end || value < 1)
    throw std::invalid_argument("'" + word + "' is not a number of threads");
  return value;
}

}  // namespace

std::filesystem::path FindPeerPython() {
  const char* named = std::getenv("RINGRL_PYTHON");
  const std::filesystem::path python = named != nullptr ? named : ".deps/venv/bin/python";
  return std::filesystem::exists(python) ? python : std::filesystem::path();
}

std::filesystem::path PeerScript() {
  return RecipeFolder().parent_path() / "benchmarks" / "env_peers.py";
}

nlohmann::json BenchmarkEnvironments(const EnvBenchmarkOptions& options) {
  nlohmann::json rows = nlohmann::json::array();
  for (const std::string& task : options.tasks) {
    for (const std::string& word : options.threads) {
      const int threads = PositiveInteger(word);
      rows.push_back({{"task", task},
                      {"threads", threads},
                      {"ours_steps_per_s", MeasureOurs(options, task, threads)},
                      {"envpool_steps_per_s", Peer(options, "envpool", task, threads)},
                      {"dm_control_steps_per_s", Peer(options, "dm_control", task, threads)}});
    }
  }
  return rows;
}

}  // namespace experiments
