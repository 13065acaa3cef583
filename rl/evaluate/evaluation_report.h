// An evaluation as numbers other programs read: JSON, and one row of eval.csv.
#ifndef RL_EVALUATE_EVALUATION_REPORT_H_
#define RL_EVALUATE_EVALUATION_REPORT_H_

#include "rl/agents/algorithm.h"
#include "rl/evaluate/evaluator.h"
#include "rl/evaluate/protocols.h"

#include <nlohmann/json_fwd.hpp>

namespace rl {

// {"task", "protocols": {"first": {"mean", "standard_error", "normalized"}, "last", "mean", "max"},
//  "rollout_means": [...], "reference": {"random_return", "expert_return", "source"},
//  "diverged": [{"chain", "rollout"}], "warnings": {what MuJoCo warned of: times},
//  "rows": [{"seed", "returns": [...]}, one per chain]}
// A number that is not defined is null.
nlohmann::json EvaluationJson(const EvaluationResult& result, const ReturnReference& reference);

// The columns of eval.csv after train_step: for each protocol P of first, last, mean, max
// P_mean, P_standard_error, P_normalized; then rollout_1 .. rollout_n (means over chains) and
// diverged (number of rollouts).
Metrics EvaluationMetrics(const EvaluationResult& result, const ReturnReference& reference);

// The columns of returns.csv after train_step: chain_1_rollout_1, chain_1_rollout_2, ...
Metrics ReturnMetrics(const EvaluationResult& result);

}  // namespace rl

#endif  // RL_EVALUATE_EVALUATION_REPORT_H_
