#include "rl/train/checkpoint.h"

#include "models/safetensors.h"
#include "rl/train/durable_file.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rl {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModel = "model.safetensors";
constexpr std::string_view kConfig = "config.json";
constexpr std::string_view kTraining = "training_state.safetensors";
constexpr std::string_view kTrainingScalars = "training_state.json";
constexpr std::string_view kLast = "last";
constexpr std::string_view kBest = "best";
constexpr std::string_view kPartialSuffix = ".partial";

void WriteTensors(const fs::path& path, const NamedTensors& tensors) {
  models::WriteSafetensors(path, {.tensors = tensors, .metadata = {}});
}

NamedTensors ReadTensors(const fs::path& path) {
  if (!fs::is_regular_file(path)) {
    throw std::invalid_argument("no checkpoint: " + path.string() + " is missing");
  }
  return models::ReadSafetensors(path).tensors;
}

nlohmann::json ReadJson(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::invalid_argument("no checkpoint: " + path.string() + " is missing");
  try {
    nlohmann::json json = nlohmann::json::parse(file);
    if (json.is_object()) return json;
  } catch (const nlohmann::json::parse_error&) {
    // Falls through to the sentence below, which is all a reader can act on.
  }
  throw std::invalid_argument("damaged checkpoint: " + path.string() +
                              " is not a JSON object; use another checkpoint of the run");
}

// The number a folder is named after, when it is one: "500", but not "last" or ".500.partial".
std::optional<int64_t> StepOfName(const std::string& name) {
  int64_t step = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, step);
  if (error != std::errc() || stop != end || step < 0) return std::nullopt;
  return step;
}

}  // namespace

Checkpoint ReadModelCheckpoint(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw std::invalid_argument("no checkpoint: " + folder.string() + " is not a folder");
  }
  return {.model = ReadTensors(folder / kModel), .config = ReadJson(folder / kConfig)};
}

Checkpoint ReadTrainingCheckpoint(const fs::path& folder) {
  Checkpoint checkpoint = ReadModelCheckpoint(folder);
  checkpoint.training = ReadTensors(folder / kTraining);
  checkpoint.training_scalars = ReadJson(folder / kTrainingScalars);
  return checkpoint;
}

CheckpointFolder::CheckpointFolder(fs::path folder) : folder_(std::move(folder)) {
  fs::create_directories(folder_);
  std::vector<fs::path> leftovers;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() == kPartialSuffix) leftovers.push_back(entry.path());
  }
  for (const fs::path& leftover : leftovers) fs::remove_all(leftover);
}

fs::path CheckpointFolder::Write(int64_t train_step, const Checkpoint& checkpoint) {
  const fs::path final_path = PathOf(train_step);
  const fs::path partial =
      folder_ / ("." + std::to_string(train_step) + std::string(kPartialSuffix));
  try {
    fs::remove_all(partial);
    fs::create_directory(partial);
    WriteTensors(partial / kModel, checkpoint.model);
    WriteFileDurably(partial / kConfig, checkpoint.config.dump(2) + "\n");
    WriteTensors(partial / kTraining, checkpoint.training);
    WriteFileDurably(partial / kTrainingScalars, checkpoint.training_scalars.dump(2) + "\n");
    SyncPath(partial);
    // Only a run whose newest checkpoints were removed by hand meets a folder of this name again.
    fs::remove_all(final_path);
    fs::rename(partial, final_path);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw;
  }
  ReplaceSymlink(folder_ / kLast, std::to_string(train_step));
  SyncPath(folder_);
  return final_path;
}

void CheckpointFolder::MarkBest(int64_t train_step) {
  if (!fs::is_directory(PathOf(train_step))) {
    throw std::logic_error("there is no checkpoint " + PathOf(train_step).string());
  }
  ReplaceSymlink(folder_ / kBest, std::to_string(train_step));
  SyncPath(folder_);
}

void CheckpointFolder::Prune(int64_t keep) {
  const std::vector<int64_t> steps = Steps();
  const std::optional<int64_t> best = Best();
  const int64_t excess = static_cast<int64_t>(steps.size()) - keep;
  for (int64_t i = 0; i < excess; ++i) {
    const int64_t step = steps[static_cast<size_t>(i)];
    if (step == best) continue;
    // Renamed first, so that a crash half-way leaves no half checkpoint under a number.
    const fs::path doomed = folder_ / ("." + std::to_string(step) + std::string(kPartialSuffix));
    fs::rename(PathOf(step), doomed);
    fs::remove_all(doomed);
  }
}

std::vector<int64_t> CheckpointFolder::Steps() const {
  std::vector<int64_t> steps;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    const std::optional<int64_t> step = StepOfName(entry.path().filename().string());
    if (step && entry.is_directory()) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

std::optional<int64_t> CheckpointFolder::Newest() const {
  const std::vector<int64_t> steps = Steps();
  if (steps.empty()) return std::nullopt;
  return steps.back();
}

std::optional<int64_t> CheckpointFolder::Best() const {
  std::error_code none;
  const std::optional<int64_t> step = StepOfName(fs::read_symlink(folder_ / kBest, none).string());
  // A checkpoint that was removed by hand leaves its link behind.
  return step && fs::is_directory(PathOf(*step)) ? step : std::nullopt;
}

fs::path CheckpointFolder::PathOf(int64_t train_step) const {
  return folder_ / std::to_string(train_step);
}

}  // namespace rl
