// Plays a policy in its task: chains of rollouts, all chains in lockstep.
//
// Every rollout starts from a seed that depends on (seed, chain, rollout) alone, so all methods
// meet the same initial states, whatever the number of chains or threads.
#ifndef RL_EVALUATE_EVALUATOR_H_
#define RL_EVALUATE_EVALUATOR_H_

#include "rl/agents/policy.h"
#include "rl/env/physics_warnings.h"
#include "rl/env/vector_environment.h"
#include "rl/evaluate/protocols.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rl {

struct EvaluationOptions {
  int64_t num_chains = 20;
  int64_t rollouts_per_chain = 4;
  uint64_t seed = 0;

  // All may be empty. Asked and told after every step of all chains; a stop ends the evaluation
  // without a result.
  std::function<bool()> should_stop = {};
  std::function<void(int64_t steps_done, int64_t steps_total)> on_step = {};

  // Told after the reset that begins a rollout and after every step: the environments may be read
  // (not moved), to record what happens in them.
  std::function<void()> on_state = {};
};

// A rollout the physics gave up on; its return counts what was collected before.
struct DivergedRollout {
  int64_t chain = 0;
  int64_t rollout = 0;
};

struct EvaluationResult {
  std::string task;
  std::vector<uint64_t> chain_seeds = {};
  ReturnTable returns = {};
  std::vector<DivergedRollout> diverged = {};
  PhysicsWarnings warnings = {};  // what MuJoCo warned of during the evaluation
  bool interrupted = false;       // then the table is incomplete: use nothing of it
};

// Seed of a chain, and of the initial state of one of its rollouts.
uint64_t ChainSeed(uint64_t evaluation_seed, int64_t chain);
uint64_t RolloutSeed(uint64_t chain_seed, int64_t rollout);

// REQUIRES: `environment` has options.num_chains environments.
EvaluationResult Evaluate(BatchPolicy& policy, VectorEnvironment& environment,
                          const EvaluationOptions& options);

}  // namespace rl

#endif  // RL_EVALUATE_EVALUATOR_H_
