// The options of `train`: one struct bound to names, so that recipes, flags and the saved
// config.cfg speak of the same things.
#ifndef EXPERIMENTS_COMMANDS_TRAIN_OPTIONS_H_
#define EXPERIMENTS_COMMANDS_TRAIN_OPTIONS_H_

#include "experiments/commands/policy_evaluation.h"
#include "experiments/locations.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "rl/agents/agent_options.h"
#include "rl/train/trainer.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace experiments {

struct TrainOptions {
  std::filesystem::path dataset;
  std::string task;  // empty: the one the data was collected for
  std::string algorithm = "at";
  std::filesystem::path runs = "runs";
  std::filesystem::path resume;      // a run folder, or one of a sweep; empty: a new run
  std::filesystem::path run_folder;  // of a new run; empty: a new name below `runs`
  std::vector<std::string> seeds;    // one run each (seed_sweep.h); empty: one run, agent.seed
  int jobs = 1;                      // runs of a sweep at once
  std::string json;
  int num_threads = DefaultThreads();  // of all ranks of this host together
  int ring_size = 1;                   // processes that share every context
  std::string trace;                   // file for a timeline of all ranks; empty: none
  std::filesystem::path assets = AssetFolder();

  rl::AgentOptions agent;
  // Its schedule_steps of 0 stands for train_steps until ResolveTrainOptions().
  rl::TrainerOptions trainer = {.learning_rate = {.schedule_steps = 0}};
  PolicyEvaluationOptions evaluation;
};

// What holds where `arguments` say no more than the algorithm: the defaults of the structs, and
// over them that algorithm's customary run.
TrainOptions DefaultTrainOptions(std::span<const std::string> arguments);

// Binds every field but those that options.algorithm has no use for: giving one of these a value is
// a usage error that says whose it is. `options` must outlive the result.
OptionSet DeclareTrainOptions(TrainOptions& options);

// The options as a run's config.cfg has them: what belongs to this call and not to the run is left
// out.
class SavedTrainOptions {
 public:
  explicit SavedTrainOptions(const TrainOptions& options);
  SavedTrainOptions(const SavedTrainOptions&) = delete;  // the set is bound to the options
  SavedTrainOptions& operator=(const SavedTrainOptions&) = delete;

  const OptionSet& set() const { return set_; }

 private:
  TrainOptions options_;
  OptionSet set_;
};

// With --resume RUN among `arguments`, puts --config RUN/config.cfg before them: the run's own
// configuration, which flags given besides override.
std::vector<std::string> WithConfigOfResumedRun(std::span<const std::string> arguments);

// Fills what follows from other options and checks the rest; throws UsageError.
void ResolveTrainOptions(TrainOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_TRAIN_OPTIONS_H_
