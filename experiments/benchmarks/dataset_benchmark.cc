#include "experiments/benchmarks/dataset_benchmark.h"

#include "datasets/catalog.h"
#include "datasets/episode_tensors.h"
#include "datasets/exorl_episode.h"
#include "datasets/exorl_import.h"
#include "datasets/minari_export.h"
#include "datasets/ordered_work.h"
#include "datasets/replacement_folder.h"
#include "experiments/benchmarks/alternation.h"
#include "experiments/benchmarks/peer_process.h"
#include "rl/env/relabel.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

namespace experiments {
namespace {

// Enough states for a steady figure.
constexpr int64_t kRelabelledEpisodes = 20;

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

// A row of ours beside a peer's; either figure may be missing.
nlohmann::json Row(const char* operation, const char* unit, const std::optional<Figure>& ours,
                   const char* peer_name, const std::optional<Figure>& peer) {
  nlohmann::json row{{"operation", operation}, {"unit", unit}, {"peer_name", peer_name}};
  const auto put = [&row](const std::string& who, const std::optional<Figure>& figure) {
    row[who] = row[who + "_min"] = row[who + "_max"] = nullptr;
    if (!figure) return;
    row[who] = figure->median;
    row[who + "_min"] = figure->min;
    row[who + "_max"] = figure->max;
  };
  put("ours", ours);
  put("peer", peer);
  row["ratio"] = nullptr;
  if (ours && peer) row["ratio"] = ours->median / peer->median;
  return row;
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
    const auto source =
        datasets::ExorlSource::Open(options_.input.empty() ? scratch_.temporary() : options_.input);
    const datasets::ExorlImportResult imported = Import(source, Dataset());
    const auto reader = datasets::EpisodeReader::Open(Dataset());
    datasets::ExportMinari(reader, scratch_.temporary() / "peer-v0", {});

    Alternation systems;
    systems.Add("read", [&] { return ReadRate(source, imported); });
    systems.Add("import", [&] { return ImportRate(source, imported); });
    systems.Add("numpy", [&] { return Peer("numpy", source.path()); });
    systems.Add("load", [&] { return LoadRate(reader); });
    systems.Add("h5py", [&] { return Peer("h5py", Dataset()); });
    systems.Add("minari", [&] { return Peer("minari", scratch_.temporary() / "peer-v0/data"); });
    systems.Add("relabel", [&] { return RelabelRate(reader); });
    systems.Run(std::max(1, options_.rounds));

    return {Row("read", "MB/s", systems.Of("read"), "numpy", systems.Of("numpy")),
            Row("import", "MB/s", systems.Of("import"), "numpy", systems.Of("numpy")),
            Row("load", "MB/s", systems.Of("load"), "h5py", systems.Of("h5py")),
            Row("load", "MB/s", systems.Of("load"), "minari", systems.Of("minari")),
            // There is no peer to run: ExoRL's own code needs its own environments.
            Row("relabel", "states/s", systems.Of("relabel"), "exorl", std::nullopt)};
  }

 private:
  std::filesystem::path Dataset() const { return scratch_.temporary() / "dataset.hdf5"; }

  double Time(const std::function<void()>& run) const {
    return MedianTime(
        options_.seconds, [] {}, run);
  }

  std::optional<double> Peer(const char* system, const std::filesystem::path& path) const {
    return MeasurePeer(options_.python, options_.peer_script,
                       {system, path.string(), std::to_string(options_.num_episodes),
                        std::to_string(options_.seconds)});
  }

  // What numpy does too: files in, arrays out.
  double ReadRate(const datasets::ExorlSource& source,
                  const datasets::ExorlImportResult& imported) const {
    const auto read = [&](int64_t index) {
      const auto file = static_cast<size_t>(index);
      return datasets::ParseExorlEpisode(source.OpenEpisode(file), source.files()[file],
                                         {.domain = domain_, .reward_column = 0});
    };
    const double seconds = Time([&] {
      datasets::OrderedWork<datasets::Episode>::Run(imported.num_episodes, options_.num_threads,
                                                    read, [](int64_t, const datasets::Episode&) {});
    });
    return static_cast<double>(imported.array_bytes) / 1e6 / seconds;
  }

  datasets::ExorlImportResult Import(const datasets::ExorlSource& source,
                                     const std::filesystem::path& output) const {
    datasets::ExorlImportOptions import;
    import.domain = options_.domain;
    import.limit = options_.num_episodes;
    import.num_threads = options_.num_threads;
    return datasets::ImportExorl(source, output, import);
  }

  // Each run makes a new file: replacing one would be charged with freeing the old one's blocks.
  double ImportRate(const datasets::ExorlSource& source,
                    const datasets::ExorlImportResult& imported) const {
    const std::filesystem::path output = scratch_.temporary() / "import.hdf5";
    const double seconds = MedianTime(
        options_.seconds, [&] { std::filesystem::remove(output); },
        [&] { Import(source, output); });
    std::filesystem::remove(output);
    return static_cast<double>(imported.array_bytes) / 1e6 / seconds;
  }

  double LoadRate(const datasets::EpisodeReader& reader) const {
    double bytes = 0;
    const double seconds = Time([&] {
      const auto episodes = datasets::LoadEpisodeTensors(reader, reader.attributes().task);
      bytes = static_cast<double>(episodes.observation_NO.nbytes() + episodes.action_NA.nbytes() +
                                  episodes.reward_N.nbytes());
    });
    return bytes / 1e6 / seconds;
  }

  // Nothing for domains whose tasks are not simulated here.
  std::optional<double> RelabelRate(const datasets::EpisodeReader& reader) const {
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
    try {
      return states / Time([&] {
               rl::RelabelEpisodes(tasks, options_.assets, rl::RelabelRule::kZeroControl, inputs,
                                   options_.num_threads);
             });
    } catch (const std::invalid_argument&) {
      return std::nullopt;
    }
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
