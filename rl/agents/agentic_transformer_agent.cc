#include "rl/agents/agentic_transformer_agent.h"

#include "rl/agents/context_builder.h"
#include "rl/agents/in_context_policy.h"

#include <nlohmann/json.hpp>

namespace rl {
namespace {

InContextOptions ActingOptions(const PolicyOptions& policy, double best_return, int64_t window) {
  return {.target_return = policy.target_return.value_or(best_return),
          .window = window,
          .max_context_steps = policy.max_context_steps,
          .ring = policy.ring};
}

}  // namespace

AgenticTransformerAgent::AgenticTransformerAgent(const datasets::EpisodeTensors& episodes,
                                                 const std::string& task,
                                                 const AgentOptions& options,
                                                 const ring::Ring& ring)
    : SequenceAgent({.name = "at",
                     .episodes = episodes,
                     .task = task,
                     .options = options,
                     .ring = ring,
                     .chain = options.chain}) {}

std::unique_ptr<BatchPolicy> AgenticTransformerAgent::MakePolicy(
    const PolicyOptions& policy) const {
  return std::make_unique<InContextPolicy>(
      network(), builder(), ActingOptions(policy, best_return(), options().chain.window));
}

std::unique_ptr<BatchPolicy> MakeAgenticTransformerPolicy(const nlohmann::json& config,
                                                          const NamedTensors& tensors,
                                                          const PolicyOptions& policy) {
  const SavedSequenceModel saved = ReadSequenceModel(config, tensors);
  const ChainOptions& chain = saved.options.chain;
  return std::make_unique<InContextPolicy>(saved.network,
                                           ContextBuilder(saved.normalizer, chain.return_scale),
                                           ActingOptions(policy, saved.best_return, chain.window));
}

}  // namespace rl
