#include "datasets/episode_tensors.h"

#include "datasets/ordered_work.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <stdexcept>

namespace datasets {
namespace {

constexpr char kCollectedColumn[] = "rewards";
// HDF5 lets one thread in at a time, but checksums are verified outside it.
constexpr int kReadingThreads = 2;

// The column to take rewards of `task` from, or the sentence that says how to get one.
std::string RewardColumn(const EpisodeReader& reader, const std::string& task) {
  const std::vector<std::string> relabelled = reader.tasks();
  if (std::find(relabelled.begin(), relabelled.end(), task) != relabelled.end()) {
    return "infos/rewards/" + task;
  }
  if (task == reader.attributes().task) return kCollectedColumn;
  throw std::invalid_argument(reader.path().string() + ": it has no rewards of task '" + task +
                              "'; add them with `ringrl dataset relabel --dataset " +
                              reader.path().string() + " --tasks " + task + "`");
}

// Fills `episodes`' lengths and first rows.
void LayOut(const EpisodeReader& reader, EpisodeTensors* episodes) {
  int64_t observations = 0;
  int64_t actions = 0;
  for (int64_t i = 0; i < reader.num_episodes(); ++i) {
    const int64_t steps = reader.num_steps(i);
    episodes->num_steps.push_back(steps);
    episodes->observation_begin.push_back(observations);
    episodes->action_begin.push_back(actions);
    observations += steps + 1;
    actions += steps;
  }
  const auto rows = [](int64_t count, int64_t dim) {
    return at::empty({count, dim}, at::TensorOptions().dtype(at::kFloat));
  };
  episodes->observation_NO = rows(observations, reader.attributes().observation_dim);
  episodes->action_NA = rows(actions, reader.attributes().action_dim);
  episodes->reward_N = at::empty({actions}, at::TensorOptions().dtype(at::kFloat));
}

std::span<float> Rows(const at::Tensor& tensor, int64_t begin, int64_t count) {
  const int64_t dim = tensor.dim() == 1 ? 1 : tensor.size(1);
  return {tensor.data_ptr<float>() + begin * dim, static_cast<size_t>(count * dim)};
}

// Reads episode `i` into its place and returns its return.
double ReadEpisode(const EpisodeReader& reader, int64_t i, const EpisodeTensors& episodes) {
  const auto at = static_cast<size_t>(i);
  const int64_t steps = episodes.num_steps[at];
  reader.ReadColumn(i, "observations",
                    Rows(episodes.observation_NO, episodes.observation_begin[at], steps + 1));
  reader.ReadColumn(i, "actions", Rows(episodes.action_NA, episodes.action_begin[at], steps));
  const std::span<float> rewards = Rows(episodes.reward_N, episodes.action_begin[at], steps);
  if (episodes.reward_source == kCollectedColumn) {
    reader.ReadColumn(i, episodes.reward_source, rewards);
  } else {
    std::vector<float> with_reset(static_cast<size_t>(steps) + 1);
    reader.ReadColumn(i, episodes.reward_source, with_reset);
    std::copy(with_reset.begin() + 1, with_reset.end(), rewards.begin());
  }
  return std::accumulate(rewards.begin(), rewards.end(), 0.0);
}

}  // namespace

EpisodeTensors LoadEpisodeTensors(const EpisodeReader& reader, const std::string& task) {
  EpisodeTensors episodes;
  episodes.reward_source = RewardColumn(reader, task);
  LayOut(reader, &episodes);
  OrderedWork<double>::Run(
      reader.num_episodes(), kReadingThreads,
      [&](int64_t i) { return ReadEpisode(reader, i, episodes); },
      [&](int64_t /*i*/, double episode_return) {
        episodes.episode_return.push_back(episode_return);
      });
  return episodes;
}

}  // namespace datasets
