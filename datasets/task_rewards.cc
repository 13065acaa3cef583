#include "datasets/task_rewards.h"

#include "datasets/episode_writer.h"
#include "datasets/ordered_work.h"

#include <stdexcept>
#include <utility>

namespace datasets {

void RewriteWithTaskRewards(const std::filesystem::path& input, const std::filesystem::path& output,
                            const ComputeTaskRewards& compute, const RewriteOptions& options) {
  const EpisodeReader reader = EpisodeReader::Open(input);
  DatasetAttributes attributes = reader.attributes();
  const bool same_rule =
      attributes.relabelling == options.relabelling || attributes.relabelling == "none";
  if (!same_rule && !reader.tasks().empty()) {
    throw std::invalid_argument(
        input.string() + ": its rewards were relabelled by the rule '" + attributes.relabelling +
        "'; one file holds one rule, so relabel the dataset as imported, or use that rule");
  }
  attributes.relabelling = options.relabelling;
  attributes.mujoco_version = options.mujoco_version;
  EpisodeWriter writer(output, attributes, {attributes.compressed});
  const auto make = [&](int64_t index) {
    Episode episode = reader.Read(index);
    for (auto& [task, rewards] : compute(index, episode)) {
      episode.task_rewards.insert_or_assign(task, std::move(rewards));
    }
    return EncodeEpisode(episode, writer.attributes(), writer.options());
  };
  const auto take = [&](int64_t index, const EncodedEpisode& episode) {
    writer.Append(episode);
    if (options.on_progress) options.on_progress(index + 1, reader.num_episodes());
  };
  OrderedWork<EncodedEpisode>::Run(reader.num_episodes(), options.num_threads, make, take);
  writer.Finish();
}

}  // namespace datasets
