#include "rl/evaluate/evaluator.h"

#include "ring/kernel/counter_hash.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <span>

namespace rl {
namespace {

// The buffers between policy and environment, one row per chain.
// N chains, O observation, A action.
class Lockstep {
 public:
  Lockstep(BatchPolicy& policy, VectorEnvironment& environment)
      : policy_(policy),
        environment_(environment),
        num_chains_(environment.num_environments()),
        observations_(static_cast<size_t>(num_chains_ * environment.spec().observation_dim)),
        rewards_(static_cast<size_t>(num_chains_)),
        last_(static_cast<size_t>(num_chains_)) {}

  void Start(std::span<const uint64_t> seeds) {
    environment_.Reset(seeds, observations_);
    std::fill(last_.begin(), last_.end(), uint8_t{0});
    policy_.StartRollout();
  }

  // One step of every chain; adds the rewards to `returns`.
  void Step(std::span<double> returns) {
    const int64_t observation_dim = environment_.spec().observation_dim;
    const at::Tensor observation_NO =
        at::from_blob(observations_.data(), {num_chains_, observation_dim}).clone();
    const at::Tensor action_NA = policy_.Act(observation_NO).contiguous();
    TORCH_CHECK(action_NA.scalar_type() == at::kFloat &&
                    action_NA.numel() == num_chains_ * environment_.spec().action_dim,
                "a policy must return one float32 action per chain, got ", action_NA.sizes());
    const std::span<const float> actions(action_NA.const_data_ptr<float>(),
                                         static_cast<size_t>(action_NA.numel()));
    environment_.Step(actions, observations_, rewards_, last_);
    for (size_t chain = 0; chain < returns.size(); ++chain) returns[chain] += rewards_[chain];
    policy_.Observe(at::from_blob(rewards_.data(), {num_chains_}).clone());
  }

  // Chains that diverged wait, with rewards of 0, until the others are through.
  bool AllOver() const {
    return std::all_of(last_.begin(), last_.end(), [](uint8_t last) { return last != 0; });
  }

 private:
  BatchPolicy& policy_;
  VectorEnvironment& environment_;
  int64_t num_chains_;
  std::vector<float> observations_, rewards_;
  std::vector<uint8_t> last_;
};

std::vector<uint64_t> RolloutSeeds(const std::vector<uint64_t>& chain_seeds, int64_t rollout) {
  std::vector<uint64_t> seeds;
  for (const uint64_t chain_seed : chain_seeds) seeds.push_back(RolloutSeed(chain_seed, rollout));
  return seeds;
}

void CheckOptions(const EvaluationOptions& options, const VectorEnvironment& environment) {
  TORCH_CHECK_VALUE(options.num_chains >= 1 && options.rollouts_per_chain >= 1,
                    "an evaluation needs at least one chain of one rollout, got ",
                    options.num_chains, " chains of ", options.rollouts_per_chain);
  TORCH_CHECK(environment.num_environments() == options.num_chains, options.num_chains,
              " chains need as many environments, got ", environment.num_environments());
}

}  // namespace

uint64_t ChainSeed(uint64_t evaluation_seed, int64_t chain) {
  // Shifted to stay below 2^53: every JSON reader takes it for the number it is.
  return ring::Scramble64(ring::Scramble64(evaluation_seed) + static_cast<uint64_t>(chain)) >> 11;
}

uint64_t RolloutSeed(uint64_t chain_seed, int64_t rollout) {
  return ring::Scramble64(ring::Scramble64(chain_seed) + static_cast<uint64_t>(rollout));
}

EvaluationResult Evaluate(BatchPolicy& policy, VectorEnvironment& environment,
                          const EvaluationOptions& options) {
  CheckOptions(options, environment);
  const c10::AutoGradMode no_gradients(/*enabled=*/false);
  EvaluationResult result{.task = environment.spec().task};
  const PhysicsWarnings warnings_before = environment.warnings();
  for (int64_t chain = 0; chain < options.num_chains; ++chain) {
    result.chain_seeds.push_back(ChainSeed(options.seed, chain));
  }
  result.returns.resize(static_cast<size_t>(options.num_chains));
  const int64_t steps_total = options.rollouts_per_chain * environment.spec().episode_steps;
  int64_t steps_done = 0;
  Lockstep lockstep(policy, environment);
  std::vector<double> returns(static_cast<size_t>(options.num_chains));
  policy.StartChains(options.num_chains, options.seed);
  for (int64_t rollout = 0; rollout < options.rollouts_per_chain; ++rollout) {
    std::fill(returns.begin(), returns.end(), 0.0);
    lockstep.Start(RolloutSeeds(result.chain_seeds, rollout));
    if (options.on_state) options.on_state();
    while (!lockstep.AllOver()) {
      lockstep.Step(returns);
      if (options.on_state) options.on_state();
      if (options.on_step) options.on_step(++steps_done, steps_total);
      if (options.should_stop && options.should_stop()) {
        result.interrupted = true;
        return result;
      }
    }
    policy.FinishRollout();
    for (size_t chain = 0; chain < returns.size(); ++chain) {
      result.returns[chain].push_back(returns[chain]);
      if (environment.diverged()[chain]) {
        result.diverged.push_back({.chain = static_cast<int64_t>(chain), .rollout = rollout});
      }
    }
  }
  result.warnings = environment.warnings() - warnings_before;
  return result;
}

}  // namespace rl
