#include "ring/attention/ring_planner.h"

#include "ring/attention/attention_plan.h"
#include "ring/attention/method_memory.h"
#include "ring/attention/ring_timeline.h"
#include "ring/layout/ring_schedule.h"

#include <c10/util/Exception.h>
#include <c10/util/StringUtil.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace ring {
namespace {

constexpr double kForwardFlops = 4.0;  // per pair, head and channel
constexpr double kBackwardFlops = 10.0;

void Validate(const RingProblem& problem) {
  TORCH_CHECK_VALUE(problem.batch >= 1 && problem.query_heads >= 1 && problem.key_heads >= 1 &&
                        problem.head_dim >= 1 && problem.layers >= 1,
                    "attention needs at least one chain, head, channel and layer, got batch ",
                    problem.batch, ", heads ", problem.query_heads, ", key heads ",
                    problem.key_heads, ", head_dim ", problem.head_dim, ", layers ",
                    problem.layers);
  TORCH_CHECK_VALUE(problem.query_heads % problem.key_heads == 0, "the number of query heads (",
                    problem.query_heads, ") must be a multiple of that of key heads (",
                    problem.key_heads, ")");
}

// The call as the rank with the longest shard would plan it.
AttentionPlan PlanOf(const RingProblem& problem, RingMethod method) {
  const SequenceLayout layout =
      SequenceLayout::Make(problem.layout, problem.num_tokens, problem.ring_size, problem.granule);
  int longest = 0;
  while (layout.ShardSize(longest) < layout.MaxShardSize()) ++longest;
  const auto bytes = [](at::ScalarType type) { return c10::elementSize(type); };
  const bool narrow_operands = bytes(problem.operands) < bytes(problem.tensors);
  return {.rank = longest,
          .method = method,
          .mask = problem.mask,
          .queries = layout,
          .keys = layout,
          .batch = problem.batch,
          .query_heads = problem.query_heads,
          .key_heads = problem.key_heads,
          .head_dim = problem.head_dim,
          .kernel = {.operands = problem.operands},
          .wire = narrow_operands ? problem.operands : problem.tensors,
          .exact = problem.operands == at::kDouble ? at::kDouble : at::kFloat,
          .layer = 0};
}

std::string Obstacle(const RingProblem& problem, RingMethod method) {
  if (method != RingMethod::kHeads || problem.key_heads % problem.ring_size == 0) return "";
  return c10::str(problem.key_heads, " key heads are no multiple of ", problem.ring_size, " ranks");
}

MethodMemory MemoryOf(const RingProblem& problem, RingMethod method) {
  return PredictMemory(PlanOf(problem, method),
                       static_cast<int64_t>(c10::elementSize(problem.tensors)),
                       problem.shared_memory);
}

int64_t TrainingBytes(const MethodMemory& memory, int64_t layers) {
  return memory.backward_bytes + (layers - 1) * memory.record_bytes;
}

// All that the methods' predictions are made of.
class Predictor {
 public:
  Predictor(const RingProblem& problem, const RingRates& rates)
      : problem_(problem),
        rates_(rates),
        plan_(PlanOf(problem, RingMethod::kRing)),
        schedule_(problem.mask, plan_.queries, plan_.keys),
        wire_(static_cast<int64_t>(c10::elementSize(plan_.wire))),
        exact_(static_cast<int64_t>(c10::elementSize(plan_.exact))) {}

  MethodPrediction Predict(RingMethod method) const {
    MethodPrediction prediction = {.method = method, .obstacle = Obstacle(problem_, method)};
    if (!prediction.obstacle.empty()) return prediction;
    switch (method) {
      case RingMethod::kAllGather:
        prediction.forward = Exchange(BusiestFlops(kForwardFlops), GatherBytes());
        prediction.backward =
            Exchange(BusiestFlops(kBackwardFlops), GatherBytes() + ScatterBytes());
        break;
      case RingMethod::kHeads:
        prediction.forward = Exchange(EvenFlops(kForwardFlops), HeadBytes(wire_, exact_));
        prediction.backward = Exchange(EvenFlops(kBackwardFlops), HeadBackwardBytes());
        break;
      default:
        prediction.forward = Ring(kForwardFlops, /*with_gradients=*/false);
        prediction.backward = Ring(kBackwardFlops, /*with_gradients=*/true);
    }
    const MethodMemory memory = MemoryOf(problem_, method);
    prediction.forward_bytes = memory.forward_bytes;
    prediction.training_bytes = TrainingBytes(memory, problem_.layers);
    return prediction;
  }

  // Tokens per rank at which `bytes_per_number` a number of keys and values take as long as
  // `flops` a pair and channel.
  double Threshold(double bytes_per_number, double flops) const {
    if (n() == 1 || VisibleShare() == 0.0) return 0.0;
    return 2.0 * Double(problem_.key_heads) * bytes_per_number * rates_.flops_per_second /
           (flops * Double(problem_.query_heads) * VisibleShare() * rates_.bytes_per_second);
  }
  double ForwardThreshold() const { return Threshold(Double(wire_), kForwardFlops); }
  double BackwardThreshold() const { return Threshold(Double(wire_ + exact_), kBackwardFlops); }

 private:
  static double Double(int64_t value) { return static_cast<double>(value); }
  int n() const { return problem_.ring_size; }

  double FlopsPerPair(double flops) const {
    return flops * Double(problem_.batch * problem_.query_heads * problem_.head_dim);
  }
  double Flops(int rank, double flops) const {
    return FlopsPerPair(flops) * Double(schedule_.Pairs(rank));
  }
  double BusiestFlops(double flops) const {
    double most = 0.0;
    for (int rank = 0; rank < n(); ++rank) most = std::max(most, Flops(rank, flops));
    return most;
  }
  double EvenFlops(double flops) const {
    double sum = 0.0;
    for (int rank = 0; rank < n(); ++rank) sum += Flops(rank, flops);
    return sum / n();
  }

  // Blocks a rank sees something of, its own included.
  int64_t NumComputed(int rank) const {
    const auto& rounds = schedule_.Rounds(rank);
    return 1 + std::count_if(rounds.begin(), rounds.end(),
                             [](const RingRound& round) { return round.computes; });
  }

  double VisibleShare() const {
    double pairs = 0.0, all = 0.0;
    for (int rank = 0; rank < n(); ++rank) {
      pairs += Double(schedule_.Pairs(rank));
      const double size = Double(plan_.queries.ShardSize(rank));
      all += Double(NumComputed(rank)) * size * size;
    }
    return all == 0.0 ? 0.0 : pairs / all;
  }

  int64_t PairBytes(int64_t tokens, int64_t bytes_per_number) const {
    return 2 * problem_.batch * problem_.key_heads * tokens * problem_.head_dim * bytes_per_number;
  }
  int64_t BlockBytes(int owner, int64_t bytes_per_number) const {
    return PairBytes(plan_.keys.ShardSize(owner), bytes_per_number);
  }
  double Seconds(int64_t bytes) const {
    return Double(bytes) / rates_.bytes_per_second + rates_.seconds_per_message;
  }

  PassPrediction Ring(double flops, bool with_gradients) const {
    RingCosts costs;
    for (int rank = 0; rank < n(); ++rank) {
      costs.compute.push_back(Flops(rank, flops) / rates_.flops_per_second /
                              Double(NumComputed(rank)));
      costs.block.push_back(Seconds(BlockBytes(rank, wire_)));
      costs.gradient.push_back(Seconds(BlockBytes(rank, exact_)));
    }
    PassPrediction pass = {.flops = BusiestFlops(flops),
                           .compute_seconds = ComputeSeconds(schedule_, costs)};
    const double seconds =
        with_gradients ? BackwardSeconds(schedule_, costs) : ForwardSeconds(schedule_, costs);
    pass.exposed_seconds = std::max(seconds - pass.compute_seconds, 0.0);
    for (int rank = 0; rank < n(); ++rank) CountBytes(rank, with_gradients, pass);
    return pass;
  }

  void CountBytes(int rank, bool with_gradients, PassPrediction& pass) const {
    int64_t sent = 0;
    const auto count = [&](int owner, bool block, bool gradient) {
      const int64_t now = (block ? BlockBytes(owner, wire_) : 0) +
                          (gradient && with_gradients ? BlockBytes(owner, exact_) : 0);
      sent += now;
      pass.bytes_per_round = std::max(pass.bytes_per_round, now);
    };
    count(rank, /*block=*/schedule_.Reach(rank) > 0, /*gradient=*/false);
    for (const RingRound& round : schedule_.Rounds(rank)) {
      count(round.owner, round.travels_on, round.gradient_leaves());
    }
    pass.bytes_sent = std::max(pass.bytes_sent, sent);
  }

  // Nothing hides an exchange: `bytes` leave the busiest sender in messages to all others.
  PassPrediction Exchange(double flops, int64_t bytes) const {
    const double latency = (n() - 1) * rates_.seconds_per_message;
    return {.flops = flops,
            .bytes_sent = bytes,
            .bytes_per_round = bytes,
            .compute_seconds = flops / rates_.flops_per_second,
            .exposed_seconds = n() == 1 ? 0.0 : Double(bytes) / rates_.bytes_per_second + latency};
  }

  int64_t LongestShard() const { return plan_.keys.MaxShardSize(); }
  int64_t GatherBytes() const { return (n() - 1) * PairBytes(LongestShard(), wire_); }

  // Gradients of everybody's tokens but one's own: most with the shortest shard.
  int64_t ScatterBytes() const {
    int64_t shortest = LongestShard();
    for (int rank = 0; rank < n(); ++rank)
      shortest = std::min(shortest, plan_.keys.ShardSize(rank));
    return PairBytes(problem_.num_tokens - shortest, exact_);
  }

  // All queries, keys and values of a shard but those of the heads one keeps, and the outputs of
  // those heads for all tokens but one's own. As many numbers either way, for shards of one size.
  int64_t HeadBytes(int64_t inputs, int64_t outputs) const {
    const int64_t moved = LongestShard() * (n() - 1) * problem_.batch * problem_.head_dim / n();
    return moved * ((problem_.query_heads + 2 * problem_.key_heads) * inputs +
                    problem_.query_heads * outputs);
  }
  int64_t HeadBackwardBytes() const {
    return HeadBytes(exact_, static_cast<int64_t>(c10::elementSize(problem_.tensors)));
  }

  const RingProblem& problem_;
  const RingRates& rates_;
  AttentionPlan plan_;
  RingSchedule schedule_;
  int64_t wire_, exact_;  // bytes of a number
};

}  // namespace

RingPrediction PredictRing(const RingProblem& problem, const RingRates& rates,
                           int64_t budget_bytes) {
  Validate(problem);
  TORCH_CHECK_VALUE(rates.flops_per_second > 0.0 && rates.bytes_per_second > 0.0,
                    "rates must be positive, got ", rates.flops_per_second, " operations and ",
                    rates.bytes_per_second, " bytes a second");
  const Predictor predictor(problem, rates);
  RingPrediction prediction = {
      .tokens_per_rank = PlanOf(problem, RingMethod::kRing).keys.MaxShardSize(),
      .forward_threshold = predictor.ForwardThreshold(),
      .backward_threshold = predictor.BackwardThreshold()};
  double fastest = 0.0;
  for (const RingMethod method : {RingMethod::kRing, RingMethod::kAllGather, RingMethod::kHeads}) {
    const MethodPrediction one = predictor.Predict(method);
    prediction.methods.push_back(one);
    const bool fits = budget_bytes == 0 || one.training_bytes <= budget_bytes;
    if (!one.obstacle.empty() || !fits) continue;
    if (prediction.chosen && one.seconds() >= fastest) continue;
    prediction.chosen = method;
    fastest = one.seconds();
  }
  return prediction;
}

int64_t LongestContext(const RingProblem& problem, RingMethod method, int64_t budget_bytes) {
  Validate(problem);
  if (!Obstacle(problem, method).empty()) return 0;
  RingProblem tried = problem;
  const auto fits = [&](int64_t num_tokens) {
    tried.num_tokens = num_tokens;
    return TrainingBytes(MemoryOf(tried, method), problem.layers) <= budget_bytes;
  };
  if (!fits(1)) return 0;
  int64_t most = 1;
  while (fits(2 * most)) most *= 2;
  for (int64_t step = most / 2; step > 0; step /= 2) {
    if (fits(most + step)) most += step;
  }
  return most;
}

}  // namespace ring
