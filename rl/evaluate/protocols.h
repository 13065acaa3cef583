// How one number is made of a chain's returns.
//
// A chain is several rollouts by a policy that may remember the earlier ones. Its score is the
// return of the first rollout, of the last, the mean of all or their maximum; every evaluation
// states all four, from the same rollouts, because they answer different questions and the maximum
// of n flatters any policy.
#ifndef RL_EVALUATE_PROTOCOLS_H_
#define RL_EVALUATE_PROTOCOLS_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace rl {

// Returns by chain, then by rollout: at least one chain, all with the same number of rollouts >= 1.
using ReturnTable = std::vector<std::vector<double>>;

enum class Protocol { kFirst, kLast, kMean, kMax };

inline constexpr std::array kProtocols = {Protocol::kFirst, Protocol::kLast, Protocol::kMean,
                                          Protocol::kMax};

std::string_view ProtocolName(Protocol protocol);  // "first", "last", "mean", "max"

// What 0 and 1 mean on the normalized scale.
struct ReturnReference {
  double random_return = 0.0;
  double expert_return = 1000.0;  // the most any DeepMind Control Suite episode can return
  std::string source = "0 and the episode's upper bound, 1000";
};

// Over chains, in the task's own unit but for `normalized`.
struct ProtocolScore {
  double mean = 0.0;
  double standard_error = 0.0;  // sample deviation / sqrt(chains); NaN for a single chain
  double normalized = 0.0;      // (mean - random) / (expert - random)
};

// Throw std::logic_error unless the table has the shape stated above.
double ChainScore(const std::vector<double>& returns, Protocol protocol);
ProtocolScore Score(const ReturnTable& returns, Protocol protocol,
                    const ReturnReference& reference);

// Mean over chains of rollout 0, 1, ...: rising values show learning within the context.
std::vector<double> MeanByRollout(const ReturnTable& returns);

}  // namespace rl

#endif  // RL_EVALUATE_PROTOCOLS_H_
