#include "rl/agents/agent_options.h"

#include "models/transformer_options.h"
#include "ring/attention/attention.h"
#include "ring/layout/sequence_layout.h"
#include "rl/agents/hindsight.h"
#include "rl/agents/transition_sampler.h"

#include <nlohmann/json.hpp>

#include <array>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace rl {
namespace {

template <class Number>
void Require(bool holds, std::string_view option, Number value, std::string_view remedy) {
  if (holds) return;
  std::ostringstream message;
  message << option << " is " << value << "; " << remedy;
  throw std::invalid_argument(message.str());
}

void RequireReturnScale(std::string_view option, double scale) {
  Require(scale > 0, option, scale, "use a positive number, such as the largest possible return");
}

void ValidateChain(const ChainOptions& chain) {
  Require(chain.trajectories >= 1, "chain.trajectories", chain.trajectories, "use 1 or more");
  ParseChainCount(chain.count);
  ParseChainDraw(chain.draw);
  Require(chain.band > 0 && chain.band <= 1, "chain.band", chain.band, "use a number in (0, 1]");
  Require(chain.window >= 0, "chain.window", chain.window, "use 0 for whole trajectories or more");
  Require(chain.batch >= 1, "chain.batch", chain.batch, "use 1 or more chains per update");
  RequireReturnScale("chain.return_scale", chain.return_scale);
  ParseChainOrder(chain.order);
  ParseChainRelabel(chain.relabel);
}

void ValidateLoss(const LossOptions& loss) {
  ParseLossTrajectories(loss.trajectories);
  ParseAdvantageBaseline(loss.advantage);
  Require(loss.temperature > 0, "loss.temperature", loss.temperature, "use a positive number");
  Require(loss.max_weight >= 1, "loss.max_weight", loss.max_weight, "use 1 or more");
}

void ValidateDecisionTransformer(const DecisionTransformerOptions& dt) {
  Require(dt.context_steps >= 1, "dt.context_steps", dt.context_steps, "use 1 or more");
  Require(dt.batch >= 1, "dt.batch", dt.batch, "use 1 or more windows per update");
  RequireReturnScale("dt.return_scale", dt.return_scale);
}

void ValidateOptimizer(const OptimizerOptions& optimizer) {
  Require(optimizer.beta1 >= 0 && optimizer.beta1 < 1, "optimizer.beta1", optimizer.beta1,
          "use a number in [0, 1)");
  Require(optimizer.beta2 >= 0 && optimizer.beta2 < 1, "optimizer.beta2", optimizer.beta2,
          "use a number in [0, 1)");
  Require(optimizer.epsilon > 0, "optimizer.epsilon", optimizer.epsilon, "use a positive number");
  Require(optimizer.weight_decay >= 0, "optimizer.weight_decay", optimizer.weight_decay,
          "use 0 or more");
  Require(optimizer.gradient_clip >= 0, "optimizer.gradient_clip", optimizer.gradient_clip,
          "use 0 for no clipping or a positive norm");
}

void ValidateBaseline(const BaselineOptions& baseline) {
  ParseTransitionDraw(baseline.draw);
  Require(baseline.batch >= 1, "baseline.batch", baseline.batch,
          "use 1 or more transitions per update");
  Require(baseline.best_share > 0 && baseline.best_share <= 1, "baseline.best_share",
          baseline.best_share, "use a number in (0, 1]");
  Require(baseline.hidden_dim >= 1, "baseline.hidden_dim", baseline.hidden_dim, "use 1 or more");
  Require(baseline.noise_std > 0, "baseline.noise_std", baseline.noise_std,
          "use a positive number");
  Require(baseline.noise_clip >= 0, "baseline.noise_clip", baseline.noise_clip,
          "use 0 for any noise or a positive number");
  Require(baseline.discount >= 0 && baseline.discount <= 1, "baseline.discount", baseline.discount,
          "use a number in [0, 1]");
  Require(baseline.target_rate > 0 && baseline.target_rate <= 1, "baseline.target_rate",
          baseline.target_rate, "use a number in (0, 1]");
  Require(baseline.policy_delay >= 1, "baseline.policy_delay", baseline.policy_delay,
          "use at least 1");
}

void ValidateCritics(const AgentOptions& options) {
  Require(options.td3_bc.alpha > 0, "td3_bc.alpha", options.td3_bc.alpha, "use a positive number");
  ParseCrrWeight(options.crr.weight);
  Require(options.crr.value_samples >= 1, "crr.value_samples", options.crr.value_samples,
          "use 1 or more");
  Require(options.cql.alpha >= 0, "cql.alpha", options.cql.alpha, "use 0 or more");
  Require(options.cql.samples >= 1, "cql.samples", options.cql.samples, "use 1 or more");
  ParseCqlLogDensity(options.cql.log_density);
}

}  // namespace

AdvantageBaseline ParseAdvantageBaseline(const std::string& name) {
  if (name == "none") return AdvantageBaseline::kNone;
  if (name == "step") return AdvantageBaseline::kStep;
  if (name == "linear") return AdvantageBaseline::kLinear;
  throw std::invalid_argument("loss.advantage is \"" + name + "\"; choose none, step or linear");
}

CrrWeight ParseCrrWeight(const std::string& name) {
  if (name == "indicator") return CrrWeight::kIndicator;
  if (name == "exp") return CrrWeight::kExp;
  if (name == "identity") return CrrWeight::kIdentity;
  throw std::invalid_argument("crr.weight is \"" + name + "\"; use indicator, exp or identity");
}

CqlLogDensity ParseCqlLogDensity(const std::string& name) {
  if (name == "dimension") return CqlLogDensity::kDimension;
  if (name == "sum") return CqlLogDensity::kSum;
  throw std::invalid_argument("cql.log_density is \"" + name + "\"; use dimension or sum");
}

void ValidateOptions(const AgentOptions& options) {
  ValidateChain(options.chain);
  ValidateDecisionTransformer(options.dt);
  ValidateLoss(options.loss);
  ValidateOptimizer(options.optimizer);
  ValidateBaseline(options.baseline);
  ValidateCritics(options);
  models::ParseAttentionOperands(options.model.attention_operands);
  ring::ParseLayoutKind(options.ring.layout);
  ring::ParseRingMethod(options.ring.method);
  const int64_t rows = options.model.max_trajectories;
  Require(rows == 0 || rows >= options.chain.trajectories, "model.max_trajectories", rows,
          "use 0 or at least chain.trajectories");
  Require(options.accumulate >= 1, "train.accumulate", options.accumulate,
          "use 1 or more micro-batches per update");
  Require(options.validation_fraction >= 0 && options.validation_fraction < 1,
          "validation_fraction", options.validation_fraction, "use a number in [0, 1)");
  Require(options.validation_batches >= 1, "validation_batches", options.validation_batches,
          "use 1 or more");
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ChainOptions, trajectories, count, draw, band, window, batch,
                                   order, relabel, return_scale)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DecisionTransformerOptions, context_steps, batch, return_scale)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LossOptions, trajectories, advantage, temperature, max_weight)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OptimizerOptions, beta1, beta2, epsilon, weight_decay,
                                   gradient_clip)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NetworkOptions, layers, heads, dim, feed_forward, activation,
                                   embedding_dropout, residual_dropout, attention_dropout,
                                   attention_operands, tokens, max_episode_steps, max_trajectories)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RingOptions, layout, method)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BaselineOptions, batch, draw, best_share, hidden_dim, normalize,
                                   noise_std, noise_clip, discount, target_rate, policy_delay)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Td3BcOptions, alpha)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CrrOptions, weight, value_samples)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CqlOptions, alpha, samples, lagrange, target_penalty,
                                   log_density, bound_mean)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(AgentOptions, chain, dt, loss, optimizer, model, ring, baseline,
                                   td3_bc, crr, cql, accumulate, validation_fraction,
                                   validation_batches, seed)

namespace {

// Checkpoints saved before an option was there did what its default does.
void AddLaterOptions(nlohmann::json& options) {
  const nlohmann::json defaults = AgentOptions();
  for (const char* section : {"dt", "baseline", "td3_bc", "crr", "cql"}) {
    options.emplace(section, defaults.at(section));
  }
  options.emplace("accumulate", defaults.at("accumulate"));
  const auto add = [&](const char* section, std::initializer_list<const char*> later) {
    for (const char* option : later) {
      options.at(section).emplace(option, defaults.at(section).at(option));
    }
  };
  add("chain", {"count", "draw", "band"});
  add("loss", {"advantage", "temperature", "max_weight"});
}

}  // namespace

nlohmann::json ToJson(const AgentOptions& options) { return options; }

AgentOptions AgentOptionsFromJson(const nlohmann::json& json) {
  try {
    nlohmann::json complete = json;
    AddLaterOptions(complete);
    return complete.get<AgentOptions>();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(
        std::string("the options in the checkpoint's config.json are incomplete or of the wrong "
                    "type (") +
        error.what() + "); use a checkpoint written by this program");
  }
}

}  // namespace rl
