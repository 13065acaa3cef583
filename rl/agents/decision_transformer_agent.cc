#include "rl/agents/decision_transformer_agent.h"

#include "rl/agents/context_builder.h"
#include "rl/agents/refuse_ring.h"
#include "rl/agents/window_policy.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rl {
namespace {

SequenceSetup Setup(const datasets::EpisodeTensors& episodes, const std::string& task,
                    const AgentOptions& options, const ring::Ring& ring) {
  RefuseRing("dt", ring);
  return {.name = "dt",
          .episodes = episodes,
          .task = task,
          .options = options,
          .ring = ring,
          .chain = {.trajectories = 1,
                    .window = options.dt.context_steps,
                    .batch = options.dt.batch,
                    .relabel = "own",
                    .return_scale = options.dt.return_scale},
          .window_start = WindowStart::kAnyStep};
}

WindowOptions ActingOptions(const PolicyOptions& policy, double best_return,
                            const DecisionTransformerOptions& dt) {
  const int64_t most = policy.max_context_steps;
  return {.target_return = policy.target_return.value_or(best_return),
          .context_steps = most > 0 ? std::min(most, dt.context_steps) : dt.context_steps};
}

}  // namespace

DecisionTransformerAgent::DecisionTransformerAgent(const datasets::EpisodeTensors& episodes,
                                                   const std::string& task,
                                                   const AgentOptions& options,
                                                   const ring::Ring& ring)
    : SequenceAgent(Setup(episodes, task, options, ring)) {}

std::unique_ptr<BatchPolicy> DecisionTransformerAgent::MakePolicy(
    const PolicyOptions& policy) const {
  return std::make_unique<WindowPolicy>(network(), builder(),
                                        ActingOptions(policy, best_return(), options().dt));
}

std::unique_ptr<BatchPolicy> MakeDecisionTransformerPolicy(const nlohmann::json& config,
                                                           const NamedTensors& tensors,
                                                           const PolicyOptions& policy) {
  const SavedSequenceModel saved = ReadSequenceModel(config, tensors);
  const DecisionTransformerOptions& dt = saved.options.dt;
  return std::make_unique<WindowPolicy>(saved.network,
                                        ContextBuilder(saved.normalizer, dt.return_scale),
                                        ActingOptions(policy, saved.best_return, dt));
}

}  // namespace rl
