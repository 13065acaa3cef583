// The data one training run learns from.
#ifndef EXPERIMENTS_COMMANDS_TRAINING_DATA_H_
#define EXPERIMENTS_COMMANDS_TRAINING_DATA_H_

#include "datasets/episode_tensors.h"

#include <filesystem>
#include <string>

namespace experiments {

struct TrainingData {
  std::string domain;
  std::string task;
  datasets::EpisodeTensors episodes;
};

struct TrainingDataOptions {
  std::filesystem::path dataset;
  std::string task;  // empty: the task the data was collected for
  std::filesystem::path assets;
  int num_threads = 1;
};

// The task to learn from a dataset: `wanted`, or the one it was collected for. Throws
// std::invalid_argument, which lists the tasks there are, when that is none of its domain.
std::string ChooseTask(const std::filesystem::path& dataset, const std::string& wanted);

// Reads the dataset. Rewards the file does not have are computed from its physics states under the
// zero-control rule, as ExoRL relabels, and reward_source says so; without physics states, and for
// a task of another domain, std::invalid_argument says what to do.
TrainingData LoadTrainingData(const TrainingDataOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_TRAINING_DATA_H_
