#include "experiments/benchmarks/dataset_benchmark.h"

#include "datasets/catalog.h"
#include "datasets/episode_tensors.h"
#include "datasets/exorl_episode.h"
#include "datasets/exorl_import.h"
#include "datasets/minari_export.h"
#include "datasets/ordered_work.h"
#include "datasets/replacement_folder.h"
#include "experiments/benchmarks/peer_process.h"
#include "rl/env/relabel.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

namespace experiments {
namespace {

// Enough states for a steady figure.
constexpr int64_t kRelabelledEpisodes = 20;

// Shortest time of several runs, in seconds.
double BestTime(int repetitions, const std::function<void()>& run) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < std::max(1, repetitions); ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count());
  }
  return best;
}

template <class T>
std::vector<T> UniformNumbers(int64_t count, std::mt19937_64& random) {
  std::uniform_real_distribution<T> uniform(-1, 1);
  std::vector<T> numbers(static_cast<size_t>(count));
  for (T& number : numbers) number = uniform(random);
  return numbers;
}

// Noise compresses as badly as exploration data do.
void MakeEpisodes(const datasets::DomainInfo& domain, int64_t count,
                  const std::filesystem::path& folder) {
  std::mt19937_64 random(/*seed=*/301);
  const int64_t rows = domain.episode_steps + 1;
  for (int64_t i = 0; i < count; ++i) {
    datasets::Episode episode;
    episode.num_steps = domain.episode_steps;
    episode.observations = UniformNumbers<float>(rows * domain.observation_dim, random);
    episode.actions = UniformNumbers<float>(domain.episode_steps * domain.action_dim, random);
    episode.rewards = UniformNumbers<float>(domain.episode_steps, random);
    episode.physics = UniformNumbers<double>(rows * domain.physics_dim, random);
    episode.discounts.assign(static_cast<size_t>(rows), 1);
    datasets::WriteExorlEpisode(episode, i, folder);
  }
}

nlohmann::json OrNull(const std::optional<double>& figure) {
  return figure ? nlohmann::json(*figure) : nlohmann::json(nullptr);
}

class DatasetBenchmark {
 public:
  explicit DatasetBenchmark(const DatasetBenchmarkOptions& options)
      : options_(options),
        domain_(datasets::FindDomain(options.domain)),
        scratch_(std::filesystem::temp_directory_path() / "ringrl-bench-dataset") {
    if (options.input.empty()) {
      MakeEpisodes(domain_, std::max<int64_t>(1, options.num_episodes), scratch_.temporary());
    }
  }

  nlohmann::json Run() {
    nlohmann::json rows = nlohmann::json::array();
    AddImport(rows);
    const auto reader = datasets::EpisodeReader::Open(Dataset());
    const double ours = Load(reader);
    rows.push_back(Row("load", ours, Peer("h5py", Dataset()), "h5py", "MB/s"));
    datasets::ExportMinari(reader, scratch_.temporary() / "peer-v0", {});
    rows.push_back(
        Row("load", ours, Peer("minari", scratch_.temporary() / "peer-v0/data"), "minari", "MB/s"));
    rows.push_back(Relabel(reader));
    return rows;
  }

 private:
  static nlohmann::json Row(const char* operation, const std::optional<double>& ours,
                            const std::optional<double>& peer, const char* peer_name,
                            const char* unit) {
    return {{"operation", operation},
            {"ours", OrNull(ours)},
            {"peer", OrNull(peer)},
            {"peer_name", peer_name},
            {"unit", unit}};
  }

  std::filesystem::path Dataset() const { return scratch_.temporary() / "dataset.hdf5"; }

  std::optional<double> Peer(const char* system, const std::filesystem::path& path) const {
    return MeasurePeer(options_.python, options_.peer_script,
                       {system, path.string(), std::to_string(options_.num_episodes),
                        std::to_string(options_.repetitions)});
  }

  // What numpy does too: files in, arrays out.
  static void ReadAll(const datasets::ExorlSource& source, const datasets::DomainInfo& domain,
                      int64_t count, int num_threads) {
    const auto read = [&](int64_t index) {
      const auto file = static_cast<size_t>(index);
      return datasets::ParseExorlEpisode(source.OpenEpisode(file), source.files()[file],
                                         {.domain = domain, .reward_column = 0});
    };
    datasets::OrderedWork<datasets::Episode>::Run(count, num_threads, read,
                                                  [](int64_t, const datasets::Episode&) {});
  }

  // The rows "read" and "import", which share the peer.
  void AddImport(nlohmann::json& rows) {
    const auto source =
        datasets::ExorlSource::Open(options_.input.empty() ? scratch_.temporary() : options_.input);
    datasets::ExorlImportOptions import;
    import.domain = options_.domain;
    import.limit = options_.num_episodes;
    import.num_threads = options_.num_threads;
    datasets::ExorlImportResult imported;
    const double import_seconds = BestTime(
        options_.repetitions, [&] { imported = datasets::ImportExorl(source, Dataset(), import); });
    const double read_seconds = BestTime(options_.repetitions, [&] {
      ReadAll(source, domain_, imported.num_episodes, options_.num_threads);
    });
    const double megabytes = static_cast<double>(imported.array_bytes) / 1e6;
    const std::optional<double> numpy = Peer("numpy", source.path());
    rows.push_back(Row("read", megabytes / read_seconds, numpy, "numpy", "MB/s"));
    rows.push_back(Row("import", megabytes / import_seconds, numpy, "numpy", "MB/s"));
  }

  double Load(const datasets::EpisodeReader& reader) const {
    double bytes = 0;
    const double seconds = BestTime(options_.repetitions, [&] {
      const auto episodes = datasets::LoadEpisodeTensors(reader, reader.attributes().task);
      bytes = static_cast<double>(episodes.observation_NO.nbytes() + episodes.action_NA.nbytes() +
                                  episodes.reward_N.nbytes());
    });
    return bytes / 1e6 / seconds;
  }

  // There is no peer to run: ExoRL's own code needs its own environments. Domains whose tasks are
  // not simulated here have no figure either.
  nlohmann::json Relabel(const datasets::EpisodeReader& reader) const {
    std::vector<std::string> tasks;
    for (const datasets::TaskInfo& task : domain_.tasks) tasks.emplace_back(task.name);
    std::vector<datasets::Episode> episodes;
    double states = 0;
    for (int64_t i = 0; i < std::min(reader.num_episodes(), kRelabelledEpisodes); ++i) {
      episodes.push_back(reader.Read(i));
      states += static_cast<double>(episodes.back().num_steps + 1);
    }
    std::vector<rl::RelabelInput> inputs;
    for (const auto& episode : episodes) inputs.push_back({episode.physics, episode.actions});
    std::optional<double> rate;
    try {
      const double seconds = BestTime(options_.repetitions, [&] {
        rl::RelabelEpisodes(tasks, options_.assets, rl::RelabelRule::kZeroControl, inputs,
                            options_.num_threads);
      });
      rate = states / seconds;
    } catch (const std::invalid_argument&) {
      rate = std::nullopt;
    }
    return Row("relabel", rate, std::nullopt, "exorl", "states/s");
  }

  const DatasetBenchmarkOptions& options_;
  const datasets::DomainInfo& domain_;
  datasets::ReplacementFolder scratch_;  // never committed: gone when the benchmark ends
};

}  // namespace

nlohmann::json BenchmarkDatasets(const DatasetBenchmarkOptions& options) {
  return DatasetBenchmark(options).Run();
}

}  // namespace experiments
