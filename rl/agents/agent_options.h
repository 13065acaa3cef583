// The options of the agents, as plain structs: default, unit, effect and advice of each.
//
// Programs bind these fields to their command line or recipe; ValidateOptions() is called once,
// when an algorithm is made. Choices are strings because that is how people write them.
#ifndef RL_AGENTS_AGENT_OPTIONS_H_
#define RL_AGENTS_AGENT_OPTIONS_H_

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace rl {

// Which trajectories a context holds, and what they are told. See hindsight.h.
struct ChainOptions {
  // N, the most trajectories of a chain. At most the number of training episodes.
  int64_t trajectories = 4;

  // How many of them a chain has. uniform: n drawn uniformly from 1..N, so that the first rollout
  // of an evaluation, which has no past, has been trained too.  fixed: N.
  std::string count = "uniform";

  // Which ones. length: in proportion to their length.  spread: from all levels of return evenly.
  // band: from one level of return.  history: consecutive episodes, as collected; with order time
  // the learning history of whoever collected them. See chain_sampler.h.
  std::string draw = "length";

  // Width of the level that draw band takes a chain from, as a share of the training episodes, in
  // (0, 1].
  double band = 0.1;

  // W: every trajectory contributes W consecutive steps at a uniformly random start; 0 takes whole
  // trajectories. Windows trade memory of the far past for many more, less alike, gradients.
  int64_t window = 0;

  // Chains per update. They share n, so that episodes of equal length need no padding.
  int64_t batch = 1;

  // ascending: by return, ties by index; the hindsight chain, improvement within the context.
  // time: as stored, which is as collected.  shuffled: an ablation.
  std::string order = "ascending";

  // chain: every trajectory is told to reach the best return of its chain.  own: its own return
  // (a Decision Transformer in chains).
  std::string relabel = "chain";

  // Returns-to-go are divided by this before the network sees them. 1000 is the largest return of
  // a task in the DeepMind Control Suite.
  double return_scale = 1000.0;
};

// The Decision Transformer's contexts: one window of one trajectory each.
struct DecisionTransformerOptions {
  int64_t context_steps = 20;  // K: steps of a window, and what a policy remembers
  int64_t batch = 64;          // windows per update

  // As in ChainOptions.
  double return_scale = 1000.0;
};

struct LossOptions {
  // Which trajectories of a chain count: all equally; last only (the best one under ascending
  // order); rising, in proportion to the rank 1..n.
  std::string trajectories = "all";

  // Whether steps that went on better than usual count more, by exp(advantage / temperature), and
  // what is usual: none, all steps count alike; step, the mean return-to-go at the same step index;
  // linear, a linear fit of it. Multiplies the weight of the trajectory. See advantage.h.
  std::string advantage = "none";

  // In standard deviations of the advantage; the smaller, the more the best steps outweigh the
  // rest.
  double temperature = 1.0;

  double max_weight = 20;  // of a step, where an average one has 1
};

enum class AdvantageBaseline { kNone, kStep, kLinear };

struct OptimizerOptions {
  double beta1 = 0.9;    // decay of the mean of gradients, per update
  double beta2 = 0.999;  // decay of the mean of squared gradients; 0.95 suits short runs
  double epsilon = 1e-8;

  // Decoupled decay of weight matrices, in units of the learning rate. Biases, norms and embeddings
  // are never decayed.
  double weight_decay = 1e-4;

  // Gradients longer than this (global 2-norm) are shortened to it; 0 turns clipping off.
  double gradient_clip = 0.25;
};

struct NetworkOptions {
  int64_t layers = 3;
  int64_t heads = 1;         // must divide `dim`
  int64_t dim = 128;         // width of the residual stream
  int64_t feed_forward = 4;  // hidden width of a layer's feed-forward part, in units of `dim`
  std::string activation = "relu";  // of the feed-forward part: relu or gelu

  // Probability of zeroing an activation while training, in [0, 1).
  double embedding_dropout = 0.1;
  double residual_dropout = 0.1;
  double attention_dropout = 0;  // of the attention's weights; costs a hash per visible pair

  // What training computes the products of attention from: float32, or bfloat16, which is faster
  // and coarser; sums are float32. A policy acts with float32 always.
  std::string attention_operands = "float32";

  // four: return-to-go, observation, action, reward (+ completion flag as a feature).  five: the
  // flag as a token of its own.  three: neither reward nor flag.  step: one fused token per step; a
  // sixteenth of the attention.
  std::string tokens = "four";

  // Longest rollout the step embedding covers, in steps; raised to the dataset's longest episode.
  int64_t max_episode_steps = 1000;

  // Embeddings for the trajectory's index within the chain, at least chain.trajectories of them; a
  // policy then keeps at most so many rollouts in its context. 0 leaves the index out: positions
  // restart with each trajectory and any number may follow one another.
  int64_t max_trajectories = 0;
};

// How the ranks of a ring share a context. None of it changes the result but by rounding.
struct RingOptions {
  // zigzag and striped give every rank as much to do under a causal mask; contiguous does not.
  std::string layout = "zigzag";

  // ring: keys travel from rank to rank, memory per rank falls as 1/n.  all-gather: every rank
  // collects all keys first.  heads: ranks exchange tokens for heads, of which there must be a
  // multiple of the ring's size.
  std::string method = "ring";
};

// The algorithms without memory (bc, bc10, td3, td3_bc, crr, cql), which learn from single
// transitions. ExoRL's values are the defaults, here and below.
struct BaselineOptions {
  int64_t batch = 1024;  // transitions per update

  // episode: an episode uniformly, then a step of it uniformly, as ExoRL's loader.  transition:
  // every transition alike. The same where episodes are equally long.
  std::string draw = "episode";

  // Share of the training episodes, those with the best returns, that bc10 imitates, in (0, 1].
  double best_share = 0.1;

  int64_t hidden_dim = 1024;  // width of the networks' two hidden layers

  // Shift and scale observations to mean 0 and standard deviation 1 over the dataset.
  bool normalize = false;

  // Standard deviation of a policy's actions while learning, and the largest deviation from their
  // mean, 0 for any. It acts with the mean. cql learns a deviation of its own.
  double noise_std = 0.2;
  double noise_clip = 0.3;

  // What a reward one step later is worth. Not of bc and bc10, and so is the next.
  double discount = 0.99;

  // Share of the way that the critic for the targets goes towards the critic after each update.
  double target_rate = 0.01;

  // Updates of the critic per update of the actor, of td3 and td3_bc alone. 1 is ExoRL's; the
  // papers of both, and most libraries, take 2.
  int64_t policy_delay = 1;
};

struct Td3BcOptions {
  double alpha = 2.5;  // weight of the critic's opinion against imitation
};

// What an action's advantage weighs it by: 1 where it is positive, else 0; its exponential, at most
// 20; or itself, which pushes away from bad actions.
enum class CrrWeight { kIndicator, kExp, kIdentity };

struct CrrOptions {
  // indicator, exp or identity.
  std::string weight = "indicator";

  int64_t value_samples = 10;  // actions of the actor that a state's value is the mean over
};

enum class CqlLogDensity { kDimension, kSum };

struct CqlOptions {
  double alpha = 0.01;  // weight of the penalty

  // Uniform actions, actions at the observation and actions at the next one, so many of each, that
  // the penalty pushes down.
  int64_t samples = 3;

  // Learns the penalty's weight, from 1, so that the penalty becomes `target_penalty`; `alpha` is
  // then not used.
  bool lagrange = false;
  double target_penalty = 5;

  // dimension: every dimension of an action counts by itself, next to the whole action's value, as
  // in ExoRL's code.  sum: the log-density of the whole action, as in the paper (arXiv 2006.04779).
  std::string log_density = "dimension";

  // The normal distribution's mean goes through a tanh before it is squashed, as in ExoRL's code,
  // which keeps mean actions within tanh(1) = 0.76; without it they reach 1.
  bool bound_mean = true;
};

struct AgentOptions {
  ChainOptions chain;
  DecisionTransformerOptions dt;
  LossOptions loss;
  OptimizerOptions optimizer;
  NetworkOptions model;
  RingOptions ring;
  BaselineOptions baseline;
  Td3BcOptions td3_bc;
  CrrOptions crr;
  CqlOptions cql;

  // Micro-batches (chain.batch, baseline.batch) per update, which is that of one batch so many
  // times as large, in the memory of one. Not of the algorithms with a critic.
  int64_t accumulate = 1;

  // Share of the episodes held out for the validation loss, in [0, 1). The split depends on this
  // and the number of episodes alone, not on the seed.
  double validation_fraction = 0.05;

  // Batches that make up one validation loss.
  int64_t validation_batches = 4;

  // Decides initial weights, draws and dropout.
  uint64_t seed = 0;
};

// Throw std::invalid_argument that lists the choices.
AdvantageBaseline ParseAdvantageBaseline(const std::string& name);
CrrWeight ParseCrrWeight(const std::string& name);
CqlLogDensity ParseCqlLogDensity(const std::string& name);

// Throws std::invalid_argument with one sentence that names the option, its value and the remedy.
void ValidateOptions(const AgentOptions& options);

// For the checkpoint's config.json. Reading it back gives equal options.
nlohmann::json ToJson(const AgentOptions& options);
AgentOptions AgentOptionsFromJson(const nlohmann::json& json);

}  // namespace rl

#endif  // RL_AGENTS_AGENT_OPTIONS_H_
