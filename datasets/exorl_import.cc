#include "datasets/exorl_import.h"

#include "datasets/catalog.h"
#include "datasets/episode_writer.h"
#include "datasets/exorl_episode.h"
#include "datasets/ordered_work.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace datasets {
namespace {

// A file as it comes out of the threads: its chunks, or why there are none.
struct ImportedFile {
  std::optional<EncodedEpisode> episode;
  int64_t array_bytes = 0;
  std::string problem;
};

// Of the file's own arrays. They hold a row of actions and one of rewards more than the episode,
// and no flags.
int64_t ArrayBytes(const EncodedEpisode& episode, const DatasetAttributes& attributes) {
  int64_t bytes = attributes.action_dim * int64_t{sizeof(float)};
  bool whole_reward = false;
  int64_t reward_bytes = 0;
  for (const EncodedEpisode::Column& column : episode.columns) {
    if (column.name == "terminations" || column.name == "truncations") continue;
    const int64_t size =
        *NumElements(column.chunk.shape) * static_cast<int64_t>(ElementSize(column.chunk.type));
    if (column.name == "rewards") {
      reward_bytes = size + int64_t{sizeof(float)};
    } else {
      bytes += size;
    }
    whole_reward = whole_reward || column.name == "infos/rewards/collected";
  }
  return whole_reward ? bytes : bytes + reward_bytes;
}

// Index of `task` among its domain's tasks, which is the order of a maze's reward columns.
int64_t RewardColumn(const DomainInfo& domain, const std::string& task) {
  if (task == kCollectedReward) return 0;
  if (FindTask(task).domain != domain.name) {
    throw std::invalid_argument("task '" + task + "' is not one of domain " +
                                std::string(domain.name));
  }
  const auto found =
      std::find_if(domain.tasks.begin(), domain.tasks.end(),
                   [&](const TaskInfo& candidate) { return candidate.name == task; });
  return found - domain.tasks.begin();
}

DatasetAttributes AttributesOf(const ExorlSource& source, const DomainInfo& domain,
                               const ExorlImportOptions& options) {
  DatasetAttributes attributes;
  attributes.domain = domain.name;
  attributes.collector = options.collector.empty() ? source.CollectorName() : options.collector;
  attributes.task = options.task;
  // The path as given: absolute paths would tell of the machine the import ran on.
  attributes.sources = source.path().string();
  attributes.observation_dim = domain.observation_dim;
  attributes.action_dim = domain.action_dim;
  attributes.physics_dim = domain.physics_dim;
  return attributes;
}

}  // namespace

ExorlImportResult ImportExorl(const ExorlSource& source, const std::filesystem::path& output,
                              const ExorlImportOptions& options) {
  const DomainInfo& domain = FindDomain(options.domain);
  const ExorlFormat format{domain, RewardColumn(domain, options.task)};
  auto total = static_cast<int64_t>(source.files().size());
  if (options.limit > 0) total = std::min(total, options.limit);

  EpisodeWriter writer(output, AttributesOf(source, domain, options), {options.compress});
  ExorlImportResult result;
  result.collector = writer.attributes().collector;
  const auto make = [&](int64_t index) {
    const auto file = static_cast<size_t>(index);
    ImportedFile imported;
    try {
      const Episode episode =
          ParseExorlEpisode(source.OpenEpisode(file), source.files()[file], format);
      imported.episode = EncodeEpisode(episode, writer.attributes(), writer.options());
      imported.array_bytes = ArrayBytes(*imported.episode, writer.attributes());
    } catch (const std::invalid_argument& bad) {
      if (!options.skip_bad) throw;
      imported.problem = bad.what();
    }
    return imported;
  };
  const auto take = [&](int64_t index, ImportedFile imported) {
    if (imported.episode) {
      writer.Append(*imported.episode);
      result.array_bytes += imported.array_bytes;
    } else {
      result.skipped.push_back({std::move(imported.problem)});
    }
    if (options.on_progress) options.on_progress(index + 1, total);
  };
  OrderedWork<ImportedFile>::Run(total, options.num_threads, make, take);
  result.num_episodes = writer.attributes().total_episodes;
  result.num_steps = writer.attributes().total_steps;
  if (result.num_episodes == 0) {
    throw std::invalid_argument(
        source.path().string() + ": none of its " + std::to_string(total) +
        " files is a good episode; the first one: " + result.skipped.front().reason);
  }
  writer.Finish();
  return result;
}

}  // namespace datasets
