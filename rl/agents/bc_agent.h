// Behavior cloning, "bc", and the same on the best episodes only, "bc10".
//
//   loss = mean over the batch of -log N(action; actor's mean, noise_std^2), summed over dimensions
//
// which is a squared error up to scale and offset. Follows exorl, agent/bc.py,
// BCAgent.update_actor. bc10 imitates the `best_share` of the training episodes with the best
// returns: the "BC-10%" of the papers that compare with it.
#ifndef RL_AGENTS_BC_AGENT_H_
#define RL_AGENTS_BC_AGENT_H_

#include "rl/agents/baseline_agent.h"

namespace rl {

class BcAgent : public BaselineAgent {
 public:
  explicit BcAgent(const BaselineSetup& setup) : BaselineAgent(setup) {}

  // One update, without noise, by as many micro-batches as the options say.
  Metrics UpdateOnBatch(const TransitionBatch& batch, double learning_rate);

 protected:
  Metrics UpdateOn(const TransitionBatch& batch, at::Generator& generator,
                   double learning_rate) override;
  double ValidationLoss(const TransitionBatch& batch, at::Generator& generator) const override;

 private:
  at::Tensor Loss(const TransitionBatch& batch) const;
};

}  // namespace rl

#endif  // RL_AGENTS_BC_AGENT_H_
