// The Agentic Transformer (arXiv 2305.16554) as a learning algorithm, "at": a SequenceAgent of
// chains of trajectories, told in hindsight what the best of them reached, which acts in the
// context of its own earlier rollouts.
#ifndef RL_AGENTS_AGENTIC_TRANSFORMER_AGENT_H_
#define RL_AGENTS_AGENTIC_TRANSFORMER_AGENT_H_

#include "datasets/episode_tensors.h"
#include "ring/runtime/ring.h"
#include "rl/agents/agent_options.h"
#include "rl/agents/policy.h"
#include "rl/agents/sequence_agent.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>

namespace rl {

class AgenticTransformerAgent : public SequenceAgent {
 public:
  // See AlgorithmEntry::make.
  AgenticTransformerAgent(const datasets::EpisodeTensors& episodes, const std::string& task,
                          const AgentOptions& options, const ring::Ring& ring);

  std::unique_ptr<BatchPolicy> MakePolicy(const PolicyOptions& options) const override;
};

// The policy of a checkpoint, without the dataset. See AlgorithmEntry::make_policy.
std::unique_ptr<BatchPolicy> MakeAgenticTransformerPolicy(const nlohmann::json& config,
                                                          const NamedTensors& tensors,
                                                          const PolicyOptions& options);

}  // namespace rl

#endif  // RL_AGENTS_AGENTIC_TRANSFORMER_AGENT_H_
