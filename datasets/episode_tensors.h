// All episodes of a dataset file as contiguous tensors, read once and kept.
//
// Training draws millions of short pieces at random; a file is the wrong place for that. Ten
// million steps of walker are 1.3 GB here.
//
// Shapes: N rows of all episodes one after another, O observation, A action.
#ifndef DATASETS_EPISODE_TENSORS_H_
#define DATASETS_EPISODE_TENSORS_H_

#include "datasets/episode_reader.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace datasets {

struct EpisodeTensors {
  at::Tensor observation_NO;  // float32, N = sum of (T_i + 1)
  at::Tensor action_NA;       // float32, N = sum of T_i
  at::Tensor reward_N;        // float32, N = sum of T_i, of the task asked for

  std::vector<int64_t> num_steps;          // T_i
  std::vector<int64_t> observation_begin;  // first row of episode i in observation_NO
  std::vector<int64_t> action_begin;       // first row of episode i in action_NA and reward_N
  std::vector<double> episode_return;      // sum of episode i's rewards, in double

  // 1 where the last step of episode i ended the task, 0 where a time limit cut it. Empty stands
  // for all 0.
  std::vector<uint8_t> terminated;

  // Where reward_N came from: "infos/rewards/walker_walk" or "rewards".
  std::string reward_source;

  int64_t num_episodes() const { return static_cast<int64_t>(num_steps.size()); }
};

// Relabelled rewards of `task` where the file has them, else the collected ones if `task` is the
// collection task; otherwise std::invalid_argument says how to relabel.
EpisodeTensors LoadEpisodeTensors(const EpisodeReader& reader, const std::string& task);

}  // namespace datasets

#endif  // DATASETS_EPISODE_TENSORS_H_
