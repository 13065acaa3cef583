#include "experiments/benchmarks/relabel_benchmark.h"

#include "datasets/catalog.h"
#include "datasets/replacement_folder.h"
#include "experiments/benchmarks/alternation.h"
#include "experiments/benchmarks/peer_environment.h"
#include "experiments/benchmarks/peer_process.h"
#include "rl/env/physics_batch.h"
#include "rl/env/random.h"
#include "rl/env/relabel.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <vector>

namespace experiments {
namespace {

// Episodes of random play, one after another: E x (T+1) x P.
struct StoredStates {
  std::vector<double> values;
  size_t row_size = 0;
  size_t episode_size = 0;  // values

  double num_states() const { return static_cast<double>(values.size() / row_size); }
};

StoredStates PlayAtRandom(const datasets::DomainInfo& domain, int num_episodes,
                          const std::filesystem::path& assets) {
  rl::PhysicsBatch batch({.task = std::string(domain.tasks.front().name),
                          .assets = assets,
                          .num_environments = num_episodes});
  StoredStates stored;
  stored.row_size = static_cast<size_t>(domain.physics_dim);
  const auto num_rows = static_cast<size_t>(domain.episode_steps + 1);
  stored.episode_size = num_rows * stored.row_size;
  stored.values.resize(static_cast<size_t>(num_episodes) * stored.episode_size);
  std::vector<double> states(static_cast<size_t>(num_episodes) * stored.row_size);
  std::vector<float> actions(static_cast<size_t>(num_episodes * domain.action_dim));
  rl::Random random(/*seed=*/301);
  batch.Reset(/*first_seed=*/301);
  for (size_t row = 0; row < num_rows; ++row) {
    batch.GetStates(states);
    for (size_t i = 0; i < static_cast<size_t>(num_episodes); ++i) {
      std::copy_n(states.begin() + static_cast<std::ptrdiff_t>(i * stored.row_size),
                  stored.row_size,
                  stored.values.begin() +
                      static_cast<std::ptrdiff_t>(i * stored.episode_size + row * stored.row_size));
    }
    for (float& action : actions) action = static_cast<float>(random.Uniform(-1, 1));
    batch.Step(actions);
  }
  return stored;
}

void WriteStates(const StoredStates& stored, const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(stored.values.data()),
             static_cast<std::streamsize>(stored.values.size() * sizeof(double)));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

class DomainBenchmark {
 public:
  DomainBenchmark(const RelabelBenchmarkOptions& options, const std::string& domain)
      : options_(options),
        domain_(datasets::FindDomain(domain)),
        stored_(PlayAtRandom(domain_, options.num_episodes, options.assets)),
        scratch_(std::filesystem::temp_directory_path() / "ringrl-bench-relabel") {
    for (size_t i = 0; i < stored_.values.size(); i += stored_.episode_size) {
      const auto physics = std::span(stored_.values).subspan(i, stored_.episode_size);
      episodes_.push_back({.physics = physics, .actions = {}});
    }
    std::vector<std::string> tasks;
    for (const datasets::TaskInfo& task : domain_.tasks) tasks.emplace_back(task.name);
    tasks_ = rl::LoadTasksOfOneDomain(tasks, options.assets);
    if (!options.python.empty()) WriteStates(stored_, StatesPath());
  }

  nlohmann::json MeasureRow(int threads) const {
    Alternation systems;
    systems.Add("ours", [&] { return OurRate(threads); });
    systems.Add("dm_control", [&] {
      return MeasurePeer(options_.python, options_.peer_script,
                         {"relabel", std::string(domain_.name), std::to_string(threads),
                          std::to_string(options_.seconds), StatesPath().string(),
                          std::to_string(stored_.row_size)});
    });
    systems.Run(std::max(1, options_.rounds));
    nlohmann::json row = {
        {"domain", domain_.name}, {"threads", threads}, {"tasks", domain_.tasks.size()}};
    PutFigure(row, "ours_states_per_s", systems.Of("ours"));
    PutFigure(row, "dm_control_states_per_s", systems.Of("dm_control"));
    row["ratio"] = nullptr;
    if (systems.Of("dm_control")) {
      row["ratio"] = systems.Of("ours")->median / systems.Of("dm_control")->median;
    }
    return row;
  }

 private:
  std::filesystem::path StatesPath() const { return scratch_.temporary() / "states.f64"; }

  double OurRate(int threads) const {
    const double seconds = MedianTime(
        options_.seconds, [] {},
        [&] { rl::RelabelEpisodes(tasks_, rl::RelabelRule::kZeroControl, episodes_, threads); });
    return stored_.num_states() / seconds;
  }

  const RelabelBenchmarkOptions& options_;
  const datasets::DomainInfo& domain_;
  StoredStates stored_;
  std::vector<rl::RelabelInput> episodes_;
  std::vector<rl::SharedTask> tasks_;
  datasets::ReplacementFolder scratch_;  // never committed: gone when the benchmark ends
};

}  // namespace

nlohmann::json BenchmarkRelabelling(const RelabelBenchmarkOptions& options) {
  if (options.num_episodes < 1) {
    throw std::invalid_argument("the number of episodes must be 1 or more, not " +
                                std::to_string(options.num_episodes));
  }
  nlohmann::json rows = nlohmann::json::array();
  for (const std::string& domain : options.domains) {
    const DomainBenchmark benchmark(options, domain);
    nlohmann::json one_process = nullptr;
    for (const std::string& word : options.threads) {
      const int threads = ParseThreads(word);
      nlohmann::json row = benchmark.MeasureRow(threads);
      if (threads == 1 && one_process.is_null()) one_process = row["dm_control_states_per_s"];
      row["ratio_one_process"] = nullptr;
      if (one_process.is_number()) {
        row["ratio_one_process"] =
            row["ours_states_per_s"].get<double>() / one_process.get<double>();
      }
      rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace experiments
