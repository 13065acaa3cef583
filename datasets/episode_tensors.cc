#include "datasets/episode_tensors.h"

#include "datasets/ordered_work.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <stdexcept>

namespace datasets {
namespace {

constexpr char kCollectedColumn[] = "rewards";
// Copying out of the page cache and checksums; more threads would wait for memory.
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

// Where the columns of every episode lie. A serial pass: the library lets one thread in at a time,
// and threads that queue for it wake each other for longer than it takes to answer.
std::vector<EpisodeArrays> FindColumns(const EpisodeReader& reader,
                                       const std::string& reward_column) {
  const std::array<std::string, 4> names{"observations", "actions", reward_column, "terminations"};
  std::vector<EpisodeArrays> found;
  for (int64_t i = 0; i < reader.num_episodes(); ++i) found.push_back(reader.Find(i, names));
  return found;
}

// Fills `episodes`' lengths and first rows.
void LayOut(const std::vector<EpisodeArrays>& found, const DatasetAttributes& attributes,
            EpisodeTensors* episodes) {
  int64_t observations = 0;
  int64_t actions = 0;
  for (const EpisodeArrays& episode : found) {
    episodes->num_steps.push_back(episode.num_steps);
    episodes->observation_begin.push_back(observations);
    episodes->action_begin.push_back(actions);
    observations += episode.num_steps + 1;
    actions += episode.num_steps;
  }
  const auto rows = [](int64_t count, int64_t dim) {
    return at::empty({count, dim}, at::TensorOptions().dtype(at::kFloat));
  };
  episodes->observation_NO = rows(observations, attributes.observation_dim);
  episodes->action_NA = rows(actions, attributes.action_dim);
  episodes->reward_N = at::empty({actions}, at::TensorOptions().dtype(at::kFloat));
}

// Whether the last of the flags is set.
bool EndsTerminated(const Hdf5Dataset& terminations) {
  std::vector<std::byte> flags(static_cast<size_t>(terminations.num_elements()));
  terminations.Read(flags);
  return !flags.empty() && flags.back() != std::byte{0};
}

std::span<float> Rows(const at::Tensor& tensor, int64_t begin, int64_t count) {
  const int64_t dim = tensor.dim() == 1 ? 1 : tensor.size(1);
  return {tensor.data_ptr<float>() + begin * dim, static_cast<size_t>(count * dim)};
}

// Reads episode `i` into its place and returns its return.
double ReadEpisode(const std::vector<Hdf5Dataset>& columns, size_t i, EpisodeTensors& episodes) {
  const int64_t steps = episodes.num_steps[i];
  columns[0].ReadFloats(Rows(episodes.observation_NO, episodes.observation_begin[i], steps + 1));
  columns[1].ReadFloats(Rows(episodes.action_NA, episodes.action_begin[i], steps));
  episodes.terminated[i] = EndsTerminated(columns[3]) ? 1 : 0;
  const std::span<float> rewards = Rows(episodes.reward_N, episodes.action_begin[i], steps);
  if (episodes.reward_source == kCollectedColumn) {
    columns[2].ReadFloats(rewards);
  } else {
    std::vector<float> with_reset(static_cast<size_t>(steps) + 1);
    columns[2].ReadFloats(with_reset);
    std::copy(with_reset.begin() + 1, with_reset.end(), rewards.begin());
  }
  return std::accumulate(rewards.begin(), rewards.end(), 0.0);
}

}  // namespace

EpisodeTensors LoadEpisodeTensors(const EpisodeReader& reader, const std::string& task) {
  EpisodeTensors episodes;
  episodes.reward_source = RewardColumn(reader, task);
  const std::vector<EpisodeArrays> found = FindColumns(reader, episodes.reward_source);
  LayOut(found, reader.attributes(), &episodes);
  episodes.terminated.resize(found.size());
  OrderedWork<double>::Run(
      reader.num_episodes(), kReadingThreads,
      [&](int64_t i) {
        const auto at = static_cast<size_t>(i);
        return ReadEpisode(found[at].arrays, at, episodes);
      },
      [&](int64_t /*i*/, double episode_return) {
        episodes.episode_return.push_back(episode_return);
      });
  return episodes;
}

}  // namespace datasets
