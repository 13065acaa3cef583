// The folder of one training run:
//
//   runs/<task>/<algorithm>/s<seed>_<yyyymmdd-hhmmss>/
//     config.cfg  config.json     the whole configuration; config.cfg starts the run again
//     environment.json            versions, commit, machine, command line, time to the first update
//     train.csv  eval.csv         learning curves (metrics_log.h)
//     events.out.tfevents.*       the same for TensorBoard (tfevents.h)
//     returns.csv                 every evaluation, return by return
//     evaluation.json             the newest evaluation, with its initial states' seeds
//     dataset.json                what was learned from: a hash of its content, how returns spread
//     result.json                 how the run ended: last and best score, as `train --json` says
//     checkpoints/                (checkpoint.h)
#ifndef RL_TRAIN_RUN_FOLDER_H_
#define RL_TRAIN_RUN_FOLDER_H_

#include "rl/train/durable_file.h"

#include <filesystem>
#include <string>

namespace rl {

struct RunName {
  std::string task;
  std::string algorithm;
  std::string stem;  // "s<seed>_<yyyymmdd-hhmmss>"
};

// Holds a lock on the folder while it lives, so two processes cannot train into one run.
class RunFolder {
 public:
  // Makes a new folder below `runs`; a name that is taken gets a suffix, nothing is overwritten.
  static RunFolder Create(const std::filesystem::path& runs, const RunName& name);

  // Makes this very folder, or takes it over if no run has been begun in it. Throws
  // std::invalid_argument when one has, or is in use.
  static RunFolder CreateAt(const std::filesystem::path& path);

  // Opens an existing run. Throws std::invalid_argument when `path` is none or is in use.
  static RunFolder Open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }

  // Writes a small file whole or not at all.
  void WriteFile(const std::string& name, const std::string& text) const;
  // Throws std::invalid_argument naming the file when it is missing.
  std::string ReadFile(const std::string& name) const;

 private:
  RunFolder(std::filesystem::path path, FileDescriptor lock);

  std::filesystem::path path_;
  FileDescriptor lock_;
};

}  // namespace rl

#endif  // RL_TRAIN_RUN_FOLDER_H_
