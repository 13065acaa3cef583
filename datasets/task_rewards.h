// Adds rewards of further tasks to a dataset file.
//
// How a reward follows from a physics state is not known here; the caller computes it. Stored once
// per task (4 kB an episode), it is never computed again.
#ifndef DATASETS_TASK_REWARDS_H_
#define DATASETS_TASK_REWARDS_H_

#include "datasets/episode.h"
#include "datasets/episode_reader.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace datasets {

// Rewards (T+1) by task, in ExoRL's rows. Called from several threads at once, for episodes in any
// order; `thread_count` of RewriteOptions says how many.
using ComputeTaskRewards =
    std::function<std::map<std::string, std::vector<float>>(int64_t index, const Episode& episode)>;

struct RewriteOptions {
  std::string relabelling;     // rule the rewards follow: "zero" or "recorded"
  std::string mujoco_version;  // that computed them
  int num_threads = 1;
  std::function<void(int64_t done, int64_t total)> on_progress;  // on the calling thread
};

// Writes the episodes of `input` with these rewards under infos/rewards to `output`, which may be
// the same path: the new file replaces the old one when it is complete, and not at all on failure.
// Tasks stored before stay, those computed now win.
void RewriteWithTaskRewards(const std::filesystem::path& input, const std::filesystem::path& output,
                            const ComputeTaskRewards& compute, const RewriteOptions& options);

}  // namespace datasets

#endif  // DATASETS_TASK_REWARDS_H_
