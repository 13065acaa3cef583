// Checkpoints that are complete or absent.
//
//   checkpoints/500/model.safetensors            what a policy needs
//                   config.json                  what rebuilds it, without the dataset
//                   training_state.safetensors   what the next update needs besides: moments ...
//                   training_state.json          ... and scalars: counters, generators, sampler
//   checkpoints/last -> 500                      the newest
//   checkpoints/best -> 300                      the one with the best score (selection.h)
//
// A checkpoint is written to a hidden folder, its files and the folder are synced, and then it is
// renamed: whatever has a number for a name is whole, after a crash or a power cut too. The bytes
// depend on the training state alone (no dates, no paths).
#ifndef RL_TRAIN_CHECKPOINT_H_
#define RL_TRAIN_CHECKPOINT_H_

#include "rl/agents/algorithm.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace rl {

struct Checkpoint {
  NamedTensors model = {};
  nlohmann::json config = {};
  NamedTensors training = {};
  nlohmann::json training_scalars = {};
};

// Both throw std::invalid_argument with one sentence that names the file when it is missing,
// damaged or of another program. The first reads only what acting needs (the first two fields).
Checkpoint ReadModelCheckpoint(const std::filesystem::path& folder);
Checkpoint ReadTrainingCheckpoint(const std::filesystem::path& folder);

// The folder `checkpoints/` of one run. One process writes to it at a time.
class CheckpointFolder {
 public:
  // Makes the folder if need be and removes what a killed writer left behind.
  explicit CheckpointFolder(std::filesystem::path folder);

  // Saves under the number `train_step` and points `last` to it. Throws std::runtime_error when the
  // disk refuses; what was there before is then untouched.
  std::filesystem::path Write(int64_t train_step, const Checkpoint& checkpoint);

  // Points `best` to the checkpoint of `train_step`. REQUIRES: it is there.
  void MarkBest(int64_t train_step);

  // Deletes all but the `keep` newest and the best.
  void Prune(int64_t keep);

  std::vector<int64_t> Steps() const;  // ascending
  std::optional<int64_t> Newest() const;
  std::optional<int64_t> Best() const;
  std::filesystem::path PathOf(int64_t train_step) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace rl

#endif  // RL_TRAIN_CHECKPOINT_H_
