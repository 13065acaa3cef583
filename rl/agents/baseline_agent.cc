#include "rl/agents/baseline_agent.h"

#include "models/dropout.h"
#include "rl/agents/chain_sampler.h"
#include "rl/agents/mean_action_policy.h"
#include "rl/agents/refuse_ring.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace rl {
namespace {

// Validation draws the same transitions and the same noise at every call.
constexpr uint64_t kValidationSeed = 302;

at::Generator MakeGenerator(uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

AgentOptions Checked(const BaselineSetup& setup) {
  ValidateOptions(setup.options);
  RefuseRing(setup.name, setup.ring);
  return setup.options;
}

int64_t TransitionsPerUpdate(const AgentOptions& options) {
  return options.baseline.batch * options.accumulate;
}

TransitionSampler MakeSampler(const BaselineSetup& setup, std::span<const int64_t> episodes,
                              int64_t batch) {
  const BaselineOptions& options = setup.options.baseline;
  return {{.batch = batch, .draw = ParseTransitionDraw(options.draw), .discount = options.discount},
          setup.episodes,
          BestEpisodes(episodes, setup.episodes.episode_return, setup.episode_share)};
}

TransitionSampler TrainingSampler(const BaselineSetup& setup) {
  const EpisodeSplit split =
      SplitEpisodes(setup.episodes.num_episodes(), setup.options.validation_fraction);
  TransitionSampler sampler =
      MakeSampler(setup, split.training, TransitionsPerUpdate(setup.options));
  sampler.Seed(setup.options.seed);
  return sampler;
}

std::optional<TransitionSampler> ValidationSampler(const BaselineSetup& setup) {
  const EpisodeSplit split =
      SplitEpisodes(setup.episodes.num_episodes(), setup.options.validation_fraction);
  if (split.validation.empty()) return std::nullopt;
  return MakeSampler(setup, split.validation, setup.options.baseline.batch);
}

datasets::Normalizer MakeNormalizer(const BaselineSetup& setup) {
  const at::Tensor& observation_NO = setup.episodes.observation_NO;
  return setup.options.baseline.normalize ? datasets::Normalizer::Fit(observation_NO)
                                          : datasets::Normalizer::Identity(observation_NO.size(1));
}

// Names of actor heads in a checkpoint.
constexpr const char* kMeanHead = "mean";
constexpr const char* kGaussianHead = "gaussian";

struct ActorDims {
  int64_t observation, action;
};

std::shared_ptr<models::MlpActor> MakeActor(const AgentOptions& options, const ActorDims& dims,
                                            models::ActorHead head, at::Generator& generator) {
  const models::MlpActorOptions shape{.observation_dim = dims.observation,
                                      .action_dim = dims.action,
                                      .hidden_dim = options.baseline.hidden_dim,
                                      .head = head,
                                      .bound_mean = options.cql.bound_mean};
  return std::make_shared<models::MlpActor>(shape, generator);
}

NamedTensors CheckpointTensors(const models::MlpActor& actor,
                               const datasets::Normalizer& normalizer) {
  NamedTensors tensors = Parameters(actor, "actor");
  tensors["normalizer.mean"] = normalizer.mean_O;
  tensors["normalizer.std"] = normalizer.std_O;
  return tensors;
}

}  // namespace

NamedTensors Parameters(const torch::nn::Module& network, const std::string& prefix) {
  NamedTensors parameters;
  for (const auto& item : network.named_parameters()) {
    parameters[prefix + "." + item.key()] = item.value();
  }
  return parameters;
}

BaselineAgent::BaselineAgent(const BaselineSetup& setup)
    : name_(setup.name),
      options_(Checked(setup)),
      task_(setup.task),
      normalizer_(MakeNormalizer(setup)),
      sampler_(TrainingSampler(setup)),
      validation_sampler_(ValidationSampler(setup)),
      weight_generator_(MakeGenerator(setup.options.seed)),
      actor_(MakeActor(options_,
                       {.observation = setup.episodes.observation_NO.size(1),
                        .action = setup.episodes.action_NA.size(1)},
                       setup.head, weight_generator_)) {
  Train(Parameters(*actor_, "actor"));
}

AdamW& BaselineAgent::Train(const NamedTensors& parameters) {
  optimizers_.push_back(std::make_unique<AdamW>(parameters, options_.optimizer));
  return *optimizers_.back();
}

TransitionBatch BaselineAgent::Normalized(TransitionBatch batch) const {
  if (!options_.baseline.normalize) return batch;
  batch.observation_BO = normalizer_.Apply(batch.observation_BO);
  batch.next_observation_BO = normalizer_.Apply(batch.next_observation_BO);
  return batch;
}

Metrics BaselineAgent::Update(int64_t train_step, double learning_rate) {
  const TransitionBatch batch = Normalized(sampler_.Sample());
  at::Generator generator =
      MakeGenerator(models::StepSeed({.seed = options_.seed, .train_step = train_step}));
  Metrics metrics = UpdateOn(batch, generator, learning_rate);
  // One transition is one step, and all that the network sees at a time.
  const auto num_steps = static_cast<double>(TransitionsPerUpdate(options_));
  metrics.insert(metrics.end(),
                 {{"tokens", num_steps}, {"steps", num_steps}, {"exposed_communication", 0.0}});
  return metrics;
}

Metrics BaselineAgent::Validate() {
  if (!validation_sampler_) return {};
  const at::NoGradGuard no_grad;
  validation_sampler_->Seed(kValidationSeed);
  at::Generator generator = MakeGenerator(kValidationSeed);
  double sum = 0;
  for (int64_t i = 0; i < options_.validation_batches; ++i) {
    sum += ValidationLoss(Normalized(validation_sampler_->Sample()), generator);
  }
  return {{"validation_loss", sum / static_cast<double>(options_.validation_batches)}};
}

std::unique_ptr<BatchPolicy> BaselineAgent::MakePolicy(const PolicyOptions& /*options*/) const {
  return std::make_unique<MeanActionPolicy>(actor_, normalizer_);
}

NamedTensors BaselineAgent::ModelTensors() const { return CheckpointTensors(*actor_, normalizer_); }

nlohmann::json BaselineAgent::ModelConfig() const {
  return {{"algorithm", name_},
          {"task", task_},
          {"observation_dim", actor_->options().observation_dim},
          {"action_dim", actor_->options().action_dim},
          {"actor_head",
           actor_->options().head == models::ActorHead::kMean ? kMeanHead : kGaussianHead},
          {"options", ToJson(options_)}};
}

NamedTensors BaselineAgent::TrainingTensors() const {
  NamedTensors tensors = kept_;
  for (const std::unique_ptr<AdamW>& optimizer : optimizers_) tensors.merge(optimizer->State());
  return tensors;
}

void BaselineAgent::SaveTraining(NamedTensors& tensors, nlohmann::json& scalars) const {
  tensors.merge(TrainingTensors());
  std::vector<int64_t> updates;
  for (const std::unique_ptr<AdamW>& optimizer : optimizers_) {
    updates.push_back(optimizer->num_updates());
  }
  scalars["optimizer_updates"] = updates;  // in the order of Train()
  scalars["sampler"] = sampler_.SaveState();
}

void BaselineAgent::LoadModel(const NamedTensors& tensors) {
  // In place: the policies made from this share the tensors.
  CopyTensors(tensors, ModelTensors(), "the checkpoint's model");
}

void BaselineAgent::LoadTraining(const NamedTensors& tensors, const nlohmann::json& scalars) {
  const auto updates = scalars.find("optimizer_updates");
  const auto sampler = scalars.find("sampler");
  if (updates == scalars.end() || !updates->is_array() || updates->size() != optimizers_.size() ||
      sampler == scalars.end() || !sampler->is_string()) {
    throw std::invalid_argument(
        "the checkpoint's training state lacks \"optimizer_updates\" or \"sampler\"; use a "
        "checkpoint written by this program");
  }
  // Checked on a copy first, so that a bad state changes nothing.
  TransitionSampler restored = sampler_;
  restored.RestoreState(sampler->get<std::string>());
  CopyTensors(tensors, TrainingTensors(), "the checkpoint's optimizer state");
  for (size_t i = 0; i < optimizers_.size(); ++i) {
    optimizers_[i]->LoadState(optimizers_[i]->State(), (*updates)[i].get<int64_t>());
  }
  sampler_ = std::move(restored);
}

std::unique_ptr<BatchPolicy> MakeBaselinePolicy(const nlohmann::json& config,
                                                const NamedTensors& tensors,
                                                const PolicyOptions& /*options*/) {
  AgentOptions agent;
  ActorDims dims{};
  std::string head;
  try {
    agent = AgentOptionsFromJson(config.at("options"));
    dims = {.observation = config.at("observation_dim").get<int64_t>(),
            .action = config.at("action_dim").get<int64_t>()};
    head = config.at("actor_head").get<std::string>();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(std::string("the checkpoint's config.json is incomplete (") +
                                error.what() + "); use a checkpoint written by this program");
  }
  ValidateOptions(agent);
  at::Generator generator = MakeGenerator(agent.seed);
  const auto actor = MakeActor(
      agent, dims, head == kGaussianHead ? models::ActorHead::kGaussian : models::ActorHead::kMean,
      generator);
  const datasets::Normalizer normalizer = datasets::Normalizer::Identity(dims.observation);
  CopyTensors(tensors, CheckpointTensors(*actor, normalizer), "the checkpoint's model");
  return std::make_unique<MeanActionPolicy>(actor, normalizer);
}

}  // namespace rl
