// What can be wrong with an episode or a dataset file, found and named.
#ifndef DATASETS_VALIDATE_H_
#define DATASETS_VALIDATE_H_

#include "datasets/dataset_attributes.h"
#include "datasets/episode.h"
#include "datasets/episode_reader.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace datasets {

// Everything wrong with the values of one episode, a sentence each that names column, row and what
// was found: numbers that are not finite, actions outside [-1, 1], flags that end the episode too
// early or not at all, discounts that contradict the flags.
// REQUIRES: the columns have the lengths that `num_steps` and `attributes` demand.
std::vector<std::string> FindProblems(const Episode& episode, const DatasetAttributes& attributes);

struct ValidationOptions {
  int num_threads = 1;
  std::function<void(int64_t done, int64_t total)> on_progress;
};

// Everything wrong with a dataset file, each sentence opened by the episode: what FindProblems
// finds, columns of wrong type or shape, damaged data, sizes other than the catalog's, totals that
// do not add up. Nothing to say about it: an empty list.
std::vector<std::string> ValidateDataset(const EpisodeReader& reader,
                                         const ValidationOptions& options);

}  // namespace datasets

#endif  // DATASETS_VALIDATE_H_
