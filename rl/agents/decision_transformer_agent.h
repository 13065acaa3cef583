// The Decision Transformer (arXiv 2106.01345) as a learning algorithm, "dt", at the settings of its
// authors' code for locomotion (kzl/decision-transformer, gym/).
//
// It is the SequenceAgent of one trajectory: a window of K steps, drawn so that every step of the
// data is as likely as any other to be its first, each step told the trajectory's own return that
// was still to come. Rewards are not shown (tokens "three"); the policy remembers the last K steps.
//
// What differs from the authors' code, and why:
//   padding        A window that the trajectory's end cuts short is padded at the right. Theirs is
//                  padded at the left under a mask. Tokens know their place by the step of the
//                  episode alone and see only earlier ones, so the function is the same.
//   weight decay   of matrices alone; theirs also of biases, norms and embeddings. At 1e-4 times a
//                  learning rate of 1e-4 it takes 0.1 % off a weight in 100,000 updates.
//   initial        0.02 standard deviations for all weights, as within their trunk, and branch ends
//   weights        smaller with depth, as GPT-2. Their maps to tokens and step embedding have
//                  PyTorch's defaults, by which the step outweighs what a token holds.
//   dropout        the same probabilities, by masks that depend on place and not on a generator
//                  (models/dropout.h), so that a resumed run repeats an uninterrupted one.
//   normalizer     a standard deviation of at least 1e-3 instead of one with 1e-6 added.
//   heads          for the next return and state, which they do not train, are left out.
//   target         the data's best return unless another is given; theirs are chosen by task.
#ifndef RL_AGENTS_DECISION_TRANSFORMER_AGENT_H_
#define RL_AGENTS_DECISION_TRANSFORMER_AGENT_H_

#include "datasets/episode_tensors.h"
#include "ring/runtime/ring.h"
#include "rl/agents/agent_options.h"
#include "rl/agents/policy.h"
#include "rl/agents/sequence_agent.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>

namespace rl {

class DecisionTransformerAgent : public SequenceAgent {
 public:
  // See AlgorithmEntry::make. Refuses a ring of more than one (std::invalid_argument): there is
  // little to share of a context of 60 tokens.
  DecisionTransformerAgent(const datasets::EpisodeTensors& episodes, const std::string& task,
                           const AgentOptions& options, const ring::Ring& ring);

  // options.max_context_steps may shorten the context.
  std::unique_ptr<BatchPolicy> MakePolicy(const PolicyOptions& options) const override;
};

// The policy of a checkpoint, without the dataset. See AlgorithmEntry::make_policy.
std::unique_ptr<BatchPolicy> MakeDecisionTransformerPolicy(const nlohmann::json& config,
                                                           const NamedTensors& tensors,
                                                           const PolicyOptions& options);

}  // namespace rl

#endif  // RL_AGENTS_DECISION_TRANSFORMER_AGENT_H_
