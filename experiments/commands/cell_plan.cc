#include "experiments/commands/cell_plan.h"

#include "models/transformer_options.h"
#include "ring/layout/sequence_layout.h"

#include <algorithm>

namespace experiments {
namespace {

constexpr double kBytesPerParameter = 16;  // weight, gradient and two moments, float32
constexpr double kFloat = 4;

// Weights of the layers: four projections of attention, two of the feed-forward part, two norms.
double LayerParameters(const rl::NetworkOptions& model) {
  const auto d = static_cast<double>(model.dim), f = static_cast<double>(model.feed_forward);
  return static_cast<double>(model.layers) * ((4 + 2 * f) * d * d + (9 + f) * d);
}

// Embeddings of what a step consists of and of its place, and the head.
double OtherParameters(const rl::NetworkOptions& model, const datasets::DomainInfo& domain) {
  const auto d = static_cast<double>(model.dim);
  const int64_t inputs = domain.observation_dim + domain.action_dim + 3;
  return d * static_cast<double>(inputs + model.max_episode_steps + model.max_trajectories +
                                 domain.action_dim + 8);
}

// The contexts of an update, the longest there are.
struct Contexts {
  int64_t tokens = 0;  // of each
  int64_t count = 0;
};

Contexts ContextsOf(const TrainOptions& options, const datasets::DomainInfo& domain) {
  const rl::ChainOptions& chain = options.agent.chain;
  const int64_t step = models::TokensPerStep(models::ParseTokenLayout(options.agent.model.tokens));
  if (options.algorithm == "dt") {
    const rl::DecisionTransformerOptions& dt = options.agent.dt;
    return {.tokens = std::min(dt.context_steps, domain.episode_steps) * step, .count = dt.batch};
  }
  const int64_t window =
      chain.window > 0 ? std::min(chain.window, domain.episode_steps) : domain.episode_steps;
  return {.tokens = chain.trajectories * window * step, .count = chain.batch};
}

ring::MethodPrediction Attention(const TrainOptions& options, const Contexts& contexts,
                                 const ring::RingRates& rates) {
  const rl::NetworkOptions& model = options.agent.model;
  ring::RingProblem problem{.num_tokens = contexts.tokens, .ring_size = options.ring_size};
  problem.layout = ring::ParseLayoutKind(options.agent.ring.layout);
  problem.granule = models::TokensPerStep(models::ParseTokenLayout(model.tokens));
  problem.mask.causal = true;
  problem.batch = contexts.count;
  problem.query_heads = problem.key_heads = model.heads;
  problem.head_dim = model.dim / model.heads;
  problem.layers = model.layers;
  problem.shared_memory = true;
  return ring::PredictRing(problem, rates).methods.front();
}

CellPlan PlanTransformer(const TrainOptions& options, const datasets::DomainInfo& domain,
                         const ring::RingRates& rates) {
  const rl::NetworkOptions& model = options.agent.model;
  CellPlan plan;
  const Contexts contexts = ContextsOf(options, domain);
  plan.tokens = contexts.tokens * contexts.count;
  plan.tokens_per_rank = (plan.tokens + options.ring_size - 1) / options.ring_size;
  const double in_layers = LayerParameters(model);
  const double parameters = in_layers + OtherParameters(model, domain);
  plan.parameters = static_cast<int64_t>(parameters);
  const ring::MethodPrediction attention = Attention(options, contexts, rates);
  const auto tokens = static_cast<double>(plan.tokens_per_rank);
  const auto d = static_cast<double>(model.dim), f = static_cast<double>(model.feed_forward);
  const double kept = (5 + f) * d * static_cast<double>(model.layers), passing = 2 * f * d;
  plan.bytes_per_rank = kBytesPerParameter * parameters +
                        static_cast<double>(attention.training_bytes) +
                        kFloat * tokens * (kept + passing);
  plan.seconds_per_update = 6 * in_layers * tokens / rates.flops_per_second +
                            static_cast<double>(model.layers) * attention.seconds();
  return plan;
}

// Of the actor, and of both critics.
struct Perceptrons {
  double actor = 0.0, critics = 0.0;
};

Perceptrons ParametersOf(const rl::BaselineOptions& baseline, const datasets::DomainInfo& domain) {
  const auto h = static_cast<double>(baseline.hidden_dim);
  const auto o = static_cast<double>(domain.observation_dim);
  const auto a = static_cast<double>(domain.action_dim);
  return {.actor = h * (o + h + a + 4) + a, .critics = 2 * (h * (o + a + h + 5) + 1)};
}

// Operations a transition: 2 a parameter for a value, 6 with its gradient, 4 for the gradient of
// what went in. The critic learns, its target is a value of the actor's action, and the actor
// learns through the critic.
double OperationsOf(const TrainOptions& options, const Perceptrons& parameters) {
  if (options.algorithm == "bc" || options.algorithm == "bc10") return 6 * parameters.actor;
  double operations = 8 * parameters.actor + 12 * parameters.critics;
  if (options.algorithm == "crr") {
    const auto samples = static_cast<double>(options.agent.crr.value_samples);
    operations += 2 * samples * (parameters.actor + parameters.critics);
  }
  if (options.algorithm == "cql") {
    operations += 18 * static_cast<double>(options.agent.cql.samples) * parameters.critics;
  }
  return operations;
}

CellPlan PlanPerceptrons(const TrainOptions& options, const datasets::DomainInfo& domain,
                         const ring::RingRates& rates) {
  const rl::BaselineOptions& baseline = options.agent.baseline;
  const Perceptrons parameters = ParametersOf(baseline, domain);
  const bool imitates = options.algorithm == "bc" || options.algorithm == "bc10";
  const auto batch = static_cast<double>(baseline.batch);
  const double trained = parameters.actor + (imitates ? 0 : parameters.critics);
  // The targets' critics have no moments; each of three networks keeps six layers' values.
  const double values = (imitates ? 1 : 3) * 6 * batch * static_cast<double>(baseline.hidden_dim);
  return {.tokens = baseline.batch,
          .tokens_per_rank = baseline.batch,
          .parameters = static_cast<int64_t>(trained),
          .bytes_per_rank = kBytesPerParameter * trained +
                            kFloat * ((imitates ? 0 : parameters.critics) + values),
          .seconds_per_update = OperationsOf(options, parameters) * batch / rates.flops_per_second};
}

}  // namespace

CellPlan PlanCell(const TrainOptions& options, const datasets::DomainInfo& domain,
                  const ring::RingRates& rates) {
  const bool has_context = options.algorithm == "at" || options.algorithm == "dt";
  CellPlan plan = has_context ? PlanTransformer(options, domain, rates)
                              : PlanPerceptrons(options, domain, rates);
  plan.hours = plan.seconds_per_update * static_cast<double>(options.trainer.train_steps) / 3600;
  return plan;
}

}  // namespace experiments
