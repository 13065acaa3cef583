// Rolling a policy out, as `train` and `evaluate` do it: options, progress, the printed table.
#ifndef EXPERIMENTS_COMMANDS_POLICY_EVALUATION_H_
#define EXPERIMENTS_COMMANDS_POLICY_EVALUATION_H_

#include "experiments/signals.h"
#include "rl/agents/policy.h"
#include "rl/env/vector_environment.h"
#include "rl/evaluate/evaluator.h"
#include "rl/evaluate/protocols.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace experiments {

struct PolicyEvaluationOptions {
  int64_t chains = 20;
  int64_t rollouts = 4;  // per chain
  uint64_t seed = 0;
  double target_return = 0;       // 0: the best return of the data
  int64_t max_context_steps = 0;  // 0: no limit
};

rl::PolicyOptions PolicyOptionsOf(const PolicyEvaluationOptions& options);

// What 0 and 1 mean for this task on the normalized scale, from the catalog. A random return nobody
// measured counts as 0.
rl::ReturnReference ReferenceOf(const std::string& task);

// For one environment per chain.
rl::VectorEnvironmentOptions ChainEnvironments(const std::string& task,
                                               const std::filesystem::path& assets, int64_t chains,
                                               int num_threads);

// Evaluates under a progress line; a signal stops it (result.interrupted). `on_state` as
// rl::EvaluationOptions has it.
rl::EvaluationResult EvaluateWithProgress(rl::BatchPolicy& policy,
                                          rl::VectorEnvironment& environment,
                                          const PolicyEvaluationOptions& options,
                                          const StopSignal& stop,
                                          const std::function<void()>& on_state = {});

// Four protocols, then the mean of each rollout, as lines of text.
std::string EvaluationTable(const rl::EvaluationResult& result,
                            const rl::ReturnReference& reference);

// "first 301.2  last 480.9  mean 377.0  max 558.1", for one line during training.
std::string EvaluationLine(const rl::EvaluationResult& result);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_POLICY_EVALUATION_H_
