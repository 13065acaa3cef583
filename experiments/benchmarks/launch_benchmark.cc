#include "experiments/benchmarks/launch_benchmark.h"

#include "datasets/catalog.h"
#include "datasets/episode_writer.h"
#include "datasets/replacement_folder.h"
#include "experiments/benchmarks/alternation.h"
#include "experiments/benchmarks/peer_process.h"
#include "ring/runtime/child_process.h"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <fstream>
#include <map>
#include <random>
#include <string_view>
#include <thread>

namespace experiments {
namespace {

constexpr const char* kPeer = "pytorch";
constexpr std::array kPhases = {"libraries",    "options", "data",        "algorithm",
                                "environments", "record",  "first_update"};

// Longer than any machine takes.
constexpr std::chrono::seconds kLongestLaunch{120};

struct Case {
  std::string algorithm;
  std::string shape;
  std::vector<std::string> arguments;
};

// What launch_peer.py does as well.
const std::vector<Case>& Cases() {
  static const std::vector<Case> kCases{
      {"bc", "1024 transitions, width 1024", {}},
      {"at",
       "64 contexts of 20 steps, 3 layers, width 128",
       {"chain.trajectories=1", "chain.window=20", "chain.batch=64"}}};
  return kCases;
}

std::vector<float> UniformNumbers(int64_t count, std::mt19937_64& random) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> numbers(static_cast<size_t>(count));
  for (float& number : numbers) number = uniform(random);
  return numbers;
}

void MakeDataset(const std::filesystem::path& path, int64_t num_episodes) {
  const datasets::DomainInfo& domain = datasets::FindDomain("walker");
  datasets::DatasetAttributes attributes;
  attributes.domain = domain.name;
  attributes.collector = "random numbers";
  attributes.task = domain.tasks.front().name;
  attributes.observation_dim = domain.observation_dim;
  attributes.action_dim = domain.action_dim;
  datasets::EpisodeWriter writer(path, attributes);
  std::mt19937_64 random(/*seed=*/301);
  for (int64_t i = 0; i < num_episodes; ++i) {
    datasets::Episode episode;
    const int64_t steps = episode.num_steps = domain.episode_steps;
    episode.observations = UniformNumbers((steps + 1) * domain.observation_dim, random);
    episode.actions = UniformNumbers(steps * domain.action_dim, random);
    episode.rewards = UniformNumbers(steps, random);
    episode.terminations.assign(static_cast<size_t>(steps), 0);
    episode.truncations.assign(static_cast<size_t>(steps), 0);
    writer.Append(episode);
  }
  writer.Finish();
}

class LaunchBenchmark {
 public:
  explicit LaunchBenchmark(const LaunchBenchmarkOptions& options)
      : options_(options),
        scratch_(std::filesystem::temp_directory_path() / "ringrl-bench-launch"),
        dataset_(options.dataset) {
    if (!dataset_.empty()) return;
    dataset_ = scratch_.temporary() / "walker.hdf5";
    MakeDataset(dataset_, options.num_episodes);
  }

  nlohmann::json Run() {
    for (const Case& each : Cases()) {
      systems_.Add(each.algorithm, [this, &each] { return Ours(each); });
      systems_.Add(PeerOf(each), [this, &each] {
        return MeasurePeer(options_.python, options_.peer_script,
                           {dataset_.string(), each.algorithm, std::to_string(options_.threads)});
      });
    }
    systems_.Run(options_.rounds);
    nlohmann::json rows = nlohmann::json::array();
    for (const Case& each : Cases()) rows.push_back(Row(each));
    return rows;
  }

 private:
  static std::string PeerOf(const Case& each) { return each.algorithm + " by " + kPeer; }

  std::optional<double> Ours(const Case& each) {
    std::vector<std::string> arguments = each.arguments;
    arguments.insert(arguments.end(),
                     {"--algorithm=" + each.algorithm, "--dataset=" + dataset_.string(),
                      "--threads=" + std::to_string(options_.threads)});
    const std::filesystem::path run = scratch_.temporary() / ("run" + std::to_string(num_runs_++));
    const std::optional<nlohmann::json> seconds = MeasureLaunch(options_.program, arguments, run);
    std::filesystem::remove_all(run);
    if (!seconds) return std::nullopt;
    for (const char* phase : kPhases) {
      phases_[each.algorithm][phase].push_back(seconds->value(phase, 0.0));
    }
    return seconds->at("total").get<double>();
  }

  nlohmann::json Row(const Case& each) {
    const std::optional<Figure> ours = systems_.Of(each.algorithm),
                                peer = systems_.Of(PeerOf(each));
    nlohmann::json row = {{"algorithm", each.algorithm},
                          {"shape", each.shape},
                          {"threads", options_.threads},
                          {"peer_name", kPeer},
                          {"ratio", nullptr}};
    PutFigure(row, "ours_s", ours);
    PutFigure(row, "peer_s", peer);
    if (ours && peer) row["ratio"] = ours->median / peer->median;
    for (const char* phase : kPhases) {
      const std::optional<Figure> seconds = Summarize(phases_[each.algorithm][phase]);
      row[std::string(phase) + "_s"] = nullptr;
      if (seconds) row[std::string(phase) + "_s"] = seconds->median;
    }
    return row;
  }

  const LaunchBenchmarkOptions& options_;
  datasets::ReplacementFolder scratch_;  // never kept
  std::filesystem::path dataset_;
  Alternation systems_;
  std::map<std::string, std::map<std::string, std::vector<double>>> phases_;
  int num_runs_ = 0;
};

}  // namespace

std::optional<nlohmann::json> MeasureLaunch(const std::filesystem::path& program,
                                            std::vector<std::string> arguments,
                                            const std::filesystem::path& run) {
  using Output = ring::ChildOptions::Output;
  arguments.insert(arguments.begin(), "train");
  arguments.push_back("--run-folder=" + run.string());
  const auto deadline = std::chrono::steady_clock::now() + kLongestLaunch;
  ring::ChildProcess process({.program = program.string(),
                              .arguments = std::move(arguments),
                              .out = Output::kDiscard,
                              .err = Output::kDiscard});
  // Its end kills the process, which has shown what was asked for.
  while (std::chrono::steady_clock::now() < deadline && !process.TryWait()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::ifstream stream(run / "environment.json");
    if (!stream) continue;
    const nlohmann::json environment = nlohmann::json::parse(stream, nullptr, false);
    if (environment.is_object() && environment.contains("startup")) return environment["startup"];
  }
  return std::nullopt;
}

nlohmann::json BenchmarkLaunch(const LaunchBenchmarkOptions& options) {
  return LaunchBenchmark(options).Run();
}

}  // namespace experiments
