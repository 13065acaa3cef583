// The order in which a policy may be called, and the shapes it may be given.
//
// A BatchPolicy begins each of its calls with the one of the same name here, which refuses a call
// out of turn (TORCH_CHECK) and impossible arguments (TORCH_CHECK_VALUE).
//
// Shapes: N chains, O observation.
#ifndef RL_AGENTS_CALL_ORDER_H_
#define RL_AGENTS_CALL_ORDER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace rl {

class CallOrder {
 public:
  explicit CallOrder(int64_t observation_dim) : observation_dim_(observation_dim) {}

  void StartChains(int64_t num_chains);
  void StartRollout();
  void Act(const at::Tensor& observation_NO);
  void Observe(const at::Tensor& reward_N);
  void FinishRollout();

  int64_t num_chains() const { return num_chains_; }

 private:
  enum class Phase { kNoChains, kBetweenRollouts, kBeforeAct, kBeforeObserve };

  void Advance(Phase from, Phase to, const char* call);

  int64_t observation_dim_;
  Phase phase_ = Phase::kNoChains;
  int64_t num_chains_ = 0;
};

}  // namespace rl

#endif  // RL_AGENTS_CALL_ORDER_H_
