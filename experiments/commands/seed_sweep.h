// `train --seeds 1,2,3`: one run per seed, some at once as child processes, one table in the end.
//
//   runs/<task>/<algorithm>/seeds_<yyyymmdd-hhmmss>/
//     config.cfg     the configuration of all, the seeds included
//     run.cfg        that of a single run but for its seed
//     s1/ s2/ s3/    the runs (rl/train/run_folder.h)
//     s1.log ...     what each has printed
//     result.json    the table, written anew whenever a run ends
//
// `train --resume` of that folder goes on with the seeds that are not done: those of which a run
// was begun from its newest checkpoint.
#ifndef EXPERIMENTS_COMMANDS_SEED_SWEEP_H_
#define EXPERIMENTS_COMMANDS_SEED_SWEEP_H_

#include "experiments/commands/train_options.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace experiments {

// {"1", "5-7"}: 1, 5, 6, 7. A single number asks for so many seeds, counted up from `first`: {"3"}
// and 10 are 10, 11, 12. Throws UsageError for anything else, and for a seed named twice.
std::vector<uint64_t> ParseSeeds(const std::vector<std::string>& words, uint64_t first);

// The table: a row per seed, {seed, run, status, train_step, last, last_train_step, best,
// best_train_step}, and over the runs that are done, {runs, mean, standard_error} of their last and
// of their best scores. `status`: finished, no improvement, interrupted, failed, or waiting.
// `failed` says which seeds' processes have failed in this call.
nlohmann::json SweepResult(const std::filesystem::path& folder, const std::vector<uint64_t>& seeds,
                           const std::vector<bool>& failed);

// The same for people.
std::string SweepTable(const nlohmann::json& result);

// Trains all that is left to train. Returns 0, 1 when a run failed, or the signal's exit status.
// REQUIRES: options.seeds is not empty.
int RunSeedSweep(const TrainOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_SEED_SWEEP_H_
