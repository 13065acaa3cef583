#include "rl/agents/agent_options.h"

#include "models/transformer_options.h"
#include "ring/attention/attention.h"
#include "ring/layout/sequence_layout.h"
#include "rl/agents/hindsight.h"

#include <nlohmann/json.hpp>

#include <array>
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

void ValidateChain(const ChainOptions& chain) {
  Require(chain.trajectories >= 1, "chain.trajectories", chain.trajectories, "use 1 or more");
  Require(chain.window >= 0, "chain.window", chain.window, "use 0 for whole trajectories or more");
  Require(chain.batch >= 1, "chain.batch", chain.batch, "use 1 or more chains per update");
  Require(chain.return_scale > 0, "chain.return_scale", chain.return_scale,
          "use a positive number, such as the largest possible return");
  ParseChainOrder(chain.order);
  ParseChainRelabel(chain.relabel);
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

}  // namespace

void ValidateOptions(const AgentOptions& options) {
  ValidateChain(options.chain);
  ValidateOptimizer(options.optimizer);
  ParseLossTrajectories(options.loss.trajectories);
  models::ParseAttentionOperands(options.model.attention_operands);
  ring::ParseLayoutKind(options.ring.layout);
  ring::ParseRingMethod(options.ring.method);
  const int64_t rows = options.model.max_trajectories;
  Require(rows == 0 || rows >= options.chain.trajectories, "model.max_trajectories", rows,
          "use 0 or at least chain.trajectories");
  Require(options.validation_fraction >= 0 && options.validation_fraction < 1,
          "validation_fraction", options.validation_fraction, "use a number in [0, 1)");
  Require(options.validation_batches >= 1, "validation_batches", options.validation_batches,
          "use 1 or more");
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ChainOptions, trajectories, window, batch, order, relabel,
                                   return_scale)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LossOptions, trajectories)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OptimizerOptions, beta1, beta2, epsilon, weight_decay,
                                   gradient_clip)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NetworkOptions, layers, heads, dim, feed_forward, activation,
                                   embedding_dropout, residual_dropout, attention_dropout,
                                   attention_operands, tokens, max_episode_steps, max_trajectories)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RingOptions, layout, method)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(AgentOptions, chain, loss, optimizer, model, ring,
                                   validation_fraction, validation_batches, seed)

nlohmann::json ToJson(const AgentOptions& options) { return options; }

AgentOptions AgentOptionsFromJson(const nlohmann::json& json) {
  try {
    return json.get<AgentOptions>();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(
        std::string("the options in the checkpoint's config.json are incomplete or of the wrong "
                    "type (") +
        error.what() + "); use a checkpoint written by this program");
  }
}

}  // namespace rl
