// Reads the episodes of a dataset file.
#ifndef DATASETS_EPISODE_READER_H_
#define DATASETS_EPISODE_READER_H_

#include "datasets/dataset_attributes.h"
#include "datasets/episode.h"

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

// An open dataset file. Reading is const and may be done from several threads, though HDF5 lets
// only one of them in at a time. Bad files throw std::invalid_argument naming file and episode.
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
