#include "experiments/benchmarks/env_benchmark.h"

#include "experiments/benchmarks/alternation.h"
#include "experiments/benchmarks/peer_environment.h"
#include "experiments/benchmarks/peer_process.h"
#include "rl/env/physics_batch.h"
#include "rl/env/random.h"
#include "rl/env/vector_environment.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <numeric>
#include <optional>
#include <vector>

namespace experiments {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kNumWindows = 3;
constexpr int kNumActionRows = 64;  // drawn in advance, used in turn
constexpr std::array kEnvPoolSettings = {"sync 32", "sync 64", "async 64/16"};

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Actions for a whole batch, round and round.
class RandomActions {
 public:
  explicit RandomActions(size_t row_size)
      : row_size_(row_size), actions_(row_size * kNumActionRows) {
    rl::Random random(/*seed=*/0);
    for (float& action : actions_) action = static_cast<float>(random.Uniform(-1, 1));
  }
  std::span<const float> Next() {
    const size_t row = (num_calls_++ % kNumActionRows) * row_size_;
    return {actions_.data() + row, row_size_};
  }

 private:
  size_t row_size_;
  std::vector<float> actions_;
  size_t num_calls_ = 0;
};

size_t BatchSize(const rl::VectorEnvironmentOptions& options, int width) {
  return static_cast<size_t>(options.num_environments) * static_cast<size_t>(width);
}

// A vector environment under random actions, with a new episode wherever one ends.
class RandomPlay {
 public:
  explicit RandomPlay(const rl::VectorEnvironmentOptions& options)
      : environments_(options),
        actions_(BatchSize(options, environments_.spec().action_dim)),
        observations_(BatchSize(options, environments_.spec().observation_dim)),
        rewards_(BatchSize(options, 1)),
        last_(BatchSize(options, 1)) {
    std::vector<uint64_t> seeds(rewards_.size());
    std::iota(seeds.begin(), seeds.end(), 0u);
    environments_.Reset(seeds, observations_);
  }

  // Seconds of one step.
  double Step() {
    const auto start = Clock::now();
    environments_.Step(actions_.Next(), observations_, rewards_, last_);
    return SecondsSince(start);
  }

 private:
  rl::VectorEnvironment environments_;
  RandomActions actions_;
  std::vector<float> observations_, rewards_;
  std::vector<uint8_t> last_;
};

// The same mechanisms alone; starting anew, where an episode would, is not timed.
class RandomPhysics {
 public:
  explicit RandomPhysics(const rl::VectorEnvironmentOptions& options)
      : batch_(options), actions_(BatchSize(options, batch_.spec().action_dim)) {}

  double Step() {
    if (num_steps_++ % batch_.spec().episode_steps == 0) batch_.Reset(/*first_seed=*/0);
    const auto start = Clock::now();
    batch_.Step(actions_.Next());
    return SecondsSince(start);
  }

 private:
  rl::PhysicsBatch batch_;
  RandomActions actions_;
  int64_t num_steps_ = 0;
};

// Control steps per second of the best of three windows.
template <class Play>
double Rate(Play& play, int num_environments, double seconds) {
  for (int i = 0; i < 20; ++i) play.Step();  // caches and threads awake
  double best = 0;
  for (int window = 0; window < kNumWindows; ++window) {
    double elapsed = 0;
    int64_t num_steps = 0;
    for (; elapsed < seconds / kNumWindows; num_steps += num_environments) elapsed += play.Step();
    best = std::max(best, static_cast<double>(num_steps) / elapsed);
  }
  return best;
}

nlohmann::json Ratio(const std::optional<Figure>& ours, const std::optional<Figure>& other) {
  return ours && other ? nlohmann::json(ours->median / other->median) : nlohmann::json(nullptr);
}

// The setting with the highest median; rounds in which EnvPool was not there have no rates.
struct EnvPoolRates {
  std::array<std::vector<double>, kEnvPoolSettings.size()> by_setting;

  void Add(const std::vector<double>& rates) {
    for (size_t i = 0; i < rates.size(); ++i) by_setting[i].push_back(rates[i]);
  }
  size_t Best() const {
    size_t best = 0;
    for (size_t i = 1; i < by_setting.size(); ++i) {
      if (Summarize(by_setting[i])->median > Summarize(by_setting[best])->median) best = i;
    }
    return best;
  }
};

nlohmann::json MeasureRow(const EnvBenchmarkOptions& options, const std::string& task,
                          int threads) {
  const rl::VectorEnvironmentOptions batch = {.task = task,
                                              .assets = options.assets,
                                              .num_environments = options.num_environments,
                                              .num_threads = threads,
                                              .auto_reset = rl::AutoReset::kSameStep};
  RandomPlay play(batch);
  RandomPhysics physics(batch);
  EnvPoolRates envpool;
  const auto peer = [&](const char* system, size_t count) {
    return MeasurePeer(options.python, options.peer_script,
                       {system, task, std::to_string(threads), std::to_string(options.seconds)},
                       count);
  };
  Alternation systems;
  systems.Add("ours", [&] { return Rate(play, options.num_environments, options.seconds); });
  systems.Add("physics_only",
              [&] { return Rate(physics, options.num_environments, options.seconds); });
  systems.Add("envpool", [&]() -> std::optional<double> {
    const std::vector<double> rates = peer("envpool", kEnvPoolSettings.size());
    if (rates.empty()) return std::nullopt;
    envpool.Add(rates);
    return *std::max_element(rates.begin(), rates.end());
  });
  systems.Add("dm_control", [&]() -> std::optional<double> {
    const std::vector<double> rates = peer("dm_control", 1);
    return rates.empty() ? std::nullopt : std::optional(rates[0]);
  });
  systems.Run(std::max(1, options.rounds));

  const std::optional<Figure> ours = systems.Of("ours");
  std::optional<Figure> theirs;
  nlohmann::json row = {
      {"task", task}, {"threads", threads}, {"environments", options.num_environments}};
  row["envpool_setting"] = nullptr;
  if (systems.Of("envpool")) {
    row["envpool_setting"] = kEnvPoolSettings[envpool.Best()];
    theirs = Summarize(envpool.by_setting[envpool.Best()]);
  }
  PutFigure(row, "ours_steps_per_s", ours);
  PutFigure(row, "physics_only_steps_per_s", systems.Of("physics_only"));
  PutFigure(row, "envpool_steps_per_s", theirs);
  PutFigure(row, "dm_control_steps_per_s", systems.Of("dm_control"));
  row["physics_share"] = Ratio(ours, systems.Of("physics_only"));
  row["ratio_envpool"] = Ratio(ours, theirs);
  row["ratio_dm_control"] = Ratio(ours, systems.Of("dm_control"));
  return row;
}

}  // namespace

nlohmann::json BenchmarkEnvironments(const EnvBenchmarkOptions& options) {
  nlohmann::json rows = nlohmann::json::array();
  for (const std::string& task : options.tasks) {
    double first = 0;
    for (const std::string& word : options.threads) {
      nlohmann::json row = MeasureRow(options, task, ParseThreads(word));
      const double ours = row["ours_steps_per_s"];
      if (first == 0) first = ours;
      row["thread_scaling"] = ours / first;
      rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace experiments
