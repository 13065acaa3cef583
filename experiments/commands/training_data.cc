#include "experiments/commands/training_data.h"

#include "datasets/catalog.h"
#include "datasets/episode_reader.h"
#include "rl/env/relabel.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

namespace experiments {
namespace {

// Physics states of this many episodes are in memory at a time (18 MB for walker).
constexpr int64_t kEpisodesPerBatch = 128;

std::string TaskNames(const datasets::DomainInfo& domain) {
  std::string names;
  for (const datasets::TaskInfo& task : domain.tasks) {
    names += (names.empty() ? "" : ", ") + std::string(task.name);
  }
  return names;
}

std::string TaskOf(const datasets::EpisodeReader& reader, const std::string& wanted) {
  const datasets::DatasetAttributes& attributes = reader.attributes();
  const datasets::DomainInfo& domain = datasets::FindDomain(attributes.domain);
  const std::string task = wanted.empty() ? attributes.task : wanted;
  const bool fits =
      std::any_of(domain.tasks.begin(), domain.tasks.end(),
                  [&task](const datasets::TaskInfo& candidate) { return candidate.name == task; });
  if (fits) return task;
  const std::string problem = wanted.empty() ? "does not say which task it was collected for"
                                             : "holds no data for task " + task;
  throw std::invalid_argument(reader.path().string() + ", a dataset of domain " +
                              attributes.domain + ", " + problem + "; choose --task out of " +
                              TaskNames(domain));
}

bool HasRewardsOf(const datasets::EpisodeReader& reader, const std::string& task) {
  const std::vector<std::string> relabelled = reader.tasks();
  return task == reader.attributes().task ||
         std::find(relabelled.begin(), relabelled.end(), task) != relabelled.end();
}

// Writes the rewards of episodes [begin, end) into `episodes`.
void RelabelBatch(const datasets::EpisodeReader& reader, int64_t begin, int64_t end,
                  const TrainingDataOptions& options, datasets::EpisodeTensors& episodes) {
  std::vector<datasets::Episode> batch;
  for (int64_t i = begin; i < end; ++i) {
    batch.push_back(reader.Read(
        i, {.physics = true, .discounts = false, .task_rewards = false, .extras = false}));
  }
  std::vector<rl::RelabelInput> inputs;
  for (const datasets::Episode& episode : batch) {
    inputs.push_back({.physics = episode.physics, .actions = episode.actions});
  }
  const auto rewards = rl::RelabelEpisodes(
      {options.task}, options.assets, rl::RelabelRule::kZeroControl, inputs, options.num_threads);
  float* const reward_N = episodes.reward_N.data_ptr<float>();
  for (size_t i = 0; i < rewards.size(); ++i) {
    const size_t episode = static_cast<size_t>(begin) + i;
    // Row 0 belongs to the reset.
    const std::span<const double> of_steps = std::span(rewards[i][0]).subspan(1);
    float* const first = reward_N + episodes.action_begin[episode];
    std::transform(of_steps.begin(), of_steps.end(), first,
                   [](double reward) { return static_cast<float>(reward); });
    episodes.episode_return[episode] = std::accumulate(first, first + of_steps.size(), 0.0);
  }
}

datasets::EpisodeTensors LoadRelabelled(const datasets::EpisodeReader& reader,
                                        const TrainingDataOptions& options) {
  if (reader.attributes().physics_dim == 0) {
    throw std::invalid_argument(reader.path().string() + " has neither rewards of " + options.task +
                                " nor the physics states to compute them from; " +
                                "import episodes that have them");
  }
  datasets::EpisodeTensors episodes =
      datasets::LoadEpisodeTensors(reader, reader.attributes().task);
  for (int64_t begin = 0; begin < reader.num_episodes(); begin += kEpisodesPerBatch) {
    const int64_t end = std::min(begin + kEpisodesPerBatch, reader.num_episodes());
    RelabelBatch(reader, begin, end, options, episodes);
  }
  episodes.reward_source = "physics states, relabelled with zero control";
  return episodes;
}

}  // namespace

std::string ChooseTask(const std::filesystem::path& dataset, const std::string& wanted) {
  return TaskOf(datasets::EpisodeReader::Open(dataset), wanted);
}

TrainingData LoadTrainingData(const TrainingDataOptions& options) {
  const datasets::EpisodeReader reader = datasets::EpisodeReader::Open(options.dataset);
  TrainingDataOptions resolved = options;
  resolved.task = TaskOf(reader, options.task);
  TrainingData data{.domain = reader.attributes().domain, .task = resolved.task, .episodes = {}};
  data.episodes = HasRewardsOf(reader, resolved.task)
                      ? datasets::LoadEpisodeTensors(reader, resolved.task)
                      : LoadRelabelled(reader, resolved);
  return data;
}

}  // namespace experiments
