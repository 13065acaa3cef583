// Reads the episodes of a dataset file.
#ifndef DATASETS_EPISODE_READER_H_
#define DATASETS_EPISODE_READER_H_

#include "datasets/dataset_attributes.h"
#include "datasets/episode.h"
#include "datasets/hdf5_dataset.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace datasets {

// Which optional columns `EpisodeReader::Read` fills; observations, actions, rewards and the two
// flags always are.
struct EpisodeColumns {
  bool physics = true;
  bool discounts = true;
  bool task_rewards = true;
  bool extras = true;
};

// Some arrays of one episode, found but not read yet.
struct EpisodeArrays {
  int64_t num_steps = 0;
  std::vector<Hdf5Dataset> arrays;  // in the order they were asked for
};

// An open dataset file. Reading is const and may be done from several threads. HDF5 lets only one
// of them in at a time, and only to find arrays: fetching them is free of it. Bad files throw
// std::invalid_argument naming file and episode.
class EpisodeReader {
 public:
  // Refuses, in a sentence, what is not HDF5, not a dataset of this project, or of a later version.
  static EpisodeReader Open(const std::filesystem::path& path);

  EpisodeReader(EpisodeReader&&) noexcept;
  EpisodeReader& operator=(EpisodeReader&&) noexcept;
  ~EpisodeReader();

  const std::filesystem::path& path() const;
  const DatasetAttributes& attributes() const;
  int64_t num_episodes() const;
  int64_t num_steps(int64_t episode) const;

  // Tasks with stored rewards (infos/rewards/<task>) as episode 0 has them; "collected" left out.
  std::vector<std::string> tasks() const;

  Episode Read(int64_t episode, const EpisodeColumns& columns = {}) const;

  // Finds arrays by name ("observations", "infos/rewards/walker_walk") and leaves fetching them to
  // whichever thread reads them.
  EpisodeArrays Find(int64_t episode, std::span<const std::string> names) const;

  // One float32 column ("observations", "infos/rewards/walker_walk") straight into memory the
  // caller owns. REQUIRES: `values` has exactly the column's number of elements.
  void ReadColumn(int64_t episode, const std::string& column, std::span<float> values) const;

 private:
  struct State;
  explicit EpisodeReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace datasets

#endif  // DATASETS_EPISODE_READER_H_
