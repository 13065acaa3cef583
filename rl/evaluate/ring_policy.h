// One evaluation for the ranks of a ring, whose policies remember a context together.
//
// Such policies must all be called alike, but only the first rank simulates: a simulation on every
// rank would save messages that are small beside those of acting, and what two processors round
// differently would tear the contexts apart. So the first rank plays with a LeadingPolicy, which
// tells the others of every call before it makes it; they make the same calls in FollowPolicy().
#ifndef RL_EVALUATE_RING_POLICY_H_
#define RL_EVALUATE_RING_POLICY_H_

#include "ring/runtime/ring.h"
#include "rl/agents/policy.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace rl {

// The first rank's. On a ring of one it is the policy itself.
class LeadingPolicy : public BatchPolicy {
 public:
  // Both must outlive it.
  LeadingPolicy(BatchPolicy& policy, const ring::Ring& ring) : policy_(policy), ring_(ring) {}

  void StartChains(int64_t num_chains, uint64_t seed) override;
  void StartRollout() override;
  at::Tensor Act(const at::Tensor& observation_NO) override;
  void Observe(const at::Tensor& reward_N) override;
  void FinishRollout() override;

  // The evaluation is over, or has been given up: the others return. Left out where an error is on
  // its way up, of which the ring tells them by itself.
  void LetGo();

 private:
  BatchPolicy& policy_;
  const ring::Ring& ring_;
};

// On every rank but the first: does with `policy` what the first does with its own, and returns
// when the first lets go.
void FollowPolicy(BatchPolicy& policy, const ring::Ring& ring);

}  // namespace rl

#endif  // RL_EVALUATE_RING_POLICY_H_
