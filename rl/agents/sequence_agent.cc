#include "rl/agents/sequence_agent.h"

#include "models/agentic_transformer.h"
#include "models/context.h"
#include "models/dropout.h"
#include "models/transformer_options.h"
#include "ring/parallel/collectives.h"
#include "rl/agents/advantage.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace rl {
namespace {

// Validation draws the same chains at every call, in every run with as many episodes.
constexpr uint64_t kValidationSeed = 302;

models::AgenticTransformerOptions NetworkShape(const NetworkOptions& options,
                                               int64_t observation_dim, int64_t action_dim) {
  return {.observation_dim = observation_dim,
          .action_dim = action_dim,
          .num_layers = options.layers,
          .num_heads = options.heads,
          .model_dim = options.dim,
          .feed_forward_multiplier = options.feed_forward,
          .activation = models::ParseActivation(options.activation),
          .max_episode_steps = options.max_episode_steps,
          .max_trajectories = options.max_trajectories,
          .tokens = models::ParseTokenLayout(options.tokens),
          .embedding_dropout = options.embedding_dropout,
          .residual_dropout = options.residual_dropout,
          .attention_dropout = options.attention_dropout,
          .attention_operands = models::ParseAttentionOperands(options.attention_operands)};
}

std::shared_ptr<models::AgenticTransformer> MakeNetwork(
    const models::AgenticTransformerOptions& shape, uint64_t seed) {
  return std::make_shared<models::AgenticTransformer>(
      shape, at::make_generator<at::CPUGeneratorImpl>(seed));
}

NamedTensors Parameters(const models::AgenticTransformer& network) {
  NamedTensors parameters;
  for (const auto& item : network.named_parameters()) parameters[item.key()] = item.value();
  return parameters;
}

NamedTensors CheckpointTensors(const models::AgenticTransformer& network,
                               const datasets::Normalizer& normalizer) {
  NamedTensors tensors = Parameters(network);
  tensors["normalizer.mean"] = normalizer.mean_O;
  tensors["normalizer.std"] = normalizer.std_O;
  return tensors;
}

// Options with the facts of the dataset worked in.
AgentOptions Resolve(AgentOptions options, const datasets::EpisodeTensors& episodes) {
  ValidateOptions(options);
  for (const int64_t num_steps : episodes.num_steps) {
    options.model.max_episode_steps = std::max(options.model.max_episode_steps, num_steps);
  }
  return options;
}

// Undefined when all steps weigh alike.
at::Tensor StepWeights(const SequenceSetup& setup) {
  const LossOptions& loss = setup.options.loss;
  if (ParseAdvantageBaseline(loss.advantage) == AdvantageBaseline::kNone) return {};
  const EpisodeSplit split =
      SplitEpisodes(setup.episodes.num_episodes(), setup.options.validation_fraction);
  return AdvantageWeights(setup.episodes, split.training, loss);
}

ChainSampler MakeSampler(const SequenceSetup& setup, const ChainOptions& chain,
                         std::span<const int64_t> episodes) {
  return {chain,
          {episodes.begin(), episodes.end()},
          setup.episodes.num_steps,
          setup.episodes.episode_return,
          setup.window_start};
}

ChainSampler TrainingSampler(const SequenceSetup& setup) {
  const EpisodeSplit split =
      SplitEpisodes(setup.episodes.num_episodes(), setup.options.validation_fraction);
  ChainOptions chain = setup.chain;
  chain.batch *= setup.options.accumulate;
  ChainSampler sampler = MakeSampler(setup, chain, split.training);
  sampler.Seed(setup.options.seed);
  return sampler;
}

// Held-out chains are as long as the held-out episodes allow.
std::optional<ChainSampler> ValidationSampler(const SequenceSetup& setup) {
  const EpisodeSplit split =
      SplitEpisodes(setup.episodes.num_episodes(), setup.options.validation_fraction);
  if (split.validation.empty()) return std::nullopt;
  ChainOptions chain = setup.chain;
  chain.trajectories = std::min<int64_t>(chain.trajectories, std::ssize(split.validation));
  return MakeSampler(setup, chain, split.validation);
}

}  // namespace

SequenceAgent::SequenceAgent(const SequenceSetup& setup)
    : name_(setup.name),
      options_(Resolve(setup.options, setup.episodes)),
      task_(setup.task),
      ring_(setup.ring),
      layout_(ring::ParseLayoutKind(setup.options.ring.layout)),
      method_(ring::ParseRingMethod(setup.options.ring.method)),
      loss_trajectories_(ParseLossTrajectories(setup.options.loss.trajectories)),
      step_weight_N_(StepWeights(setup)),
      table_(MakeStepTable(setup.episodes)),
      normalizer_(datasets::Normalizer::Fit(setup.episodes.observation_NO)),
      builder_(normalizer_, setup.chain.return_scale),
      sampler_(TrainingSampler(setup)),
      validation_sampler_(ValidationSampler(setup)),
      network_(MakeNetwork(NetworkShape(options_.model, setup.episodes.observation_NO.size(1),
                                        setup.episodes.action_NA.size(1)),
                           setup.options.seed)),
      optimizer_(Parameters(*network_), setup.options.optimizer) {
  const std::vector<double>& returns = setup.episodes.episode_return;
  best_return_ = *std::max_element(returns.begin(), returns.end());
}

Metrics SequenceAgent::Update(int64_t train_step, double learning_rate) {
  return UpdateOnChains(sampler_.Sample(), train_step, learning_rate);
}

Metrics SequenceAgent::UpdateOnChains(std::span<const HindsightChain> chains, int64_t train_step,
                                      double learning_rate) {
  const double waited = ring::WaitedSeconds(ring_);
  const auto total_weight = ChainWeights(chains).sum().item<double>();
  const int64_t num_chains = std::ssize(chains);
  at::Tensor sum = at::zeros({});
  optimizer_.ZeroGradients();
  for (int64_t part = 0; part < options_.accumulate; ++part) {
    const int64_t begin = num_chains * part / options_.accumulate;
    const int64_t end = num_chains * (part + 1) / options_.accumulate;
    const models::DropoutKey dropout{
        .seed = options_.seed, .train_step = train_step, .first_chain = begin};
    const at::Tensor share =
        Share(chains.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)),
              total_weight, &dropout);
    share.backward();
    sum += share.detach();
  }
  const double loss = SumGradients(sum);
  const double gradient_norm = optimizer_.Step(learning_rate);

  int64_t num_steps = 0;
  for (const HindsightChain& chain : chains) num_steps += NumSteps(chain);
  return {{"loss", loss},
          {"gradient_norm", gradient_norm},
          {"tokens", static_cast<double>(num_steps * network_->tokens_per_step())},
          {"steps", static_cast<double>(num_steps)},
          {"exposed_communication", ring::WaitedSeconds(ring_) - waited}};
}

// Returns the whole loss, which travels along.
double SequenceAgent::SumGradients(const at::Tensor& share) {
  const at::Tensor loss = share.clone();
  std::vector<at::Tensor> summands = {loss};
  for (at::Tensor& parameter : network_->parameters()) {
    // Every rank must send the same shapes, also one whose steps did not use a parameter.
    at::Tensor& gradient = parameter.mutable_grad();
    if (!gradient.defined()) gradient = at::zeros_like(parameter);
    summands.push_back(gradient);
  }
  ring::SumOverRing(summands, ring_, "gradients");
  return loss.item<double>();
}

Metrics SequenceAgent::Validate() {
  if (!validation_sampler_) return {};
  const at::NoGradGuard no_grad;
  validation_sampler_->Seed(kValidationSeed);
  double share = 0;
  for (int64_t i = 0; i < options_.validation_batches; ++i) {
    const std::vector<HindsightChain> chains = validation_sampler_->Sample();
    const auto total_weight = ChainWeights(chains).sum().item<double>();
    share += Share(chains, total_weight, /*dropout=*/nullptr).item<double>();
  }
  const at::Tensor sum = at::full({1}, share, at::kDouble);
  ring::SumOverRing({sum}, ring_, "validation loss");
  return {
      {"validation_loss", sum.item<double>() / static_cast<double>(options_.validation_batches)}};
}

// [B, S], of the whole contexts.
at::Tensor SequenceAgent::ChainWeights(std::span<const HindsightChain> chains) const {
  at::Tensor weight_BS = LossWeights(chains, loss_trajectories_);
  if (step_weight_N_.defined()) weight_BS *= StepValues(step_weight_N_, table_, chains);
  return weight_BS;
}

at::Tensor SequenceAgent::Share(std::span<const HindsightChain> chains, double total_weight,
                                const models::DropoutKey* dropout) const {
  const models::ContextShard shard =
      models::TakeShard(builder_.Build(table_, chains), layout_, ring_);
  const auto steps = ring::SequenceLayout::Make(layout_, shard.num_steps, ring_.size());
  const at::Tensor own_weight_BS =
      ring::TakeShard(ChainWeights(chains), steps, ring_.rank(), /*dim=*/1);
  const at::Tensor action_BSA = network_->Forward(shard, dropout, ring_, method_);
  const at::Tensor error_BS = (action_BSA - shard.context.action_BSA).square().mean(-1);
  return (error_BS * own_weight_BS).sum() / total_weight;
}

NamedTensors SequenceAgent::ModelTensors() const {
  return CheckpointTensors(*network_, normalizer_);
}

nlohmann::json SequenceAgent::ModelConfig() const {
  const models::AgenticTransformerOptions& shape = network_->options();
  return {{"algorithm", name_},
          {"task", task_},
          {"observation_dim", shape.observation_dim},
          {"action_dim", shape.action_dim},
          {"best_return", best_return_},
          {"options", ToJson(options_)}};
}

void SequenceAgent::SaveTraining(NamedTensors& tensors, nlohmann::json& scalars) const {
  tensors.merge(optimizer_.State());
  scalars["optimizer_updates"] = optimizer_.num_updates();
  scalars["sampler"] = sampler_.SaveState();
}

void SequenceAgent::LoadModel(const NamedTensors& tensors) {
  // In place: the builder, and the policies made from it, share the normalizer's tensors.
  CopyTensors(tensors, ModelTensors(), "the checkpoint's model");
}

void SequenceAgent::LoadTraining(const NamedTensors& tensors, const nlohmann::json& scalars) {
  const auto updates = scalars.find("optimizer_updates");
  const auto sampler = scalars.find("sampler");
  if (updates == scalars.end() || !updates->is_number_integer() || sampler == scalars.end() ||
      !sampler->is_string()) {
    throw std::invalid_argument(
        "the checkpoint's training state lacks \"optimizer_updates\" or \"sampler\"; use a "
        "checkpoint written by this program");
  }
  // Checked on a copy first, so that a bad state changes nothing.
  ChainSampler restored = sampler_;
  restored.RestoreState(sampler->get<std::string>());
  optimizer_.LoadState(tensors, updates->get<int64_t>());
  sampler_ = std::move(restored);
}

SavedSequenceModel ReadSequenceModel(const nlohmann::json& config, const NamedTensors& tensors) {
  SavedSequenceModel saved;
  int64_t observation_dim = 0, action_dim = 0;
  try {
    saved.options = AgentOptionsFromJson(config.at("options"));
    observation_dim = config.at("observation_dim").get<int64_t>();
    action_dim = config.at("action_dim").get<int64_t>();
    saved.best_return = config.at("best_return").get<double>();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(std::string("the checkpoint's config.json is incomplete (") +
                                error.what() + "); use a checkpoint written by this program");
  }
  ValidateOptions(saved.options);
  const auto network = MakeNetwork(NetworkShape(saved.options.model, observation_dim, action_dim),
                                   saved.options.seed);
  saved.normalizer = datasets::Normalizer::Identity(observation_dim);
  CopyTensors(tensors, CheckpointTensors(*network, saved.normalizer), "the checkpoint's model");
  saved.network = network;
  return saved;
}

}  // namespace rl
