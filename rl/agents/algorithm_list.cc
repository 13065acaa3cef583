#include "rl/agents/algorithm_list.h"

#include "rl/agents/agentic_transformer_agent.h"
#include "rl/agents/baseline_agent.h"
#include "rl/agents/bc_agent.h"
#include "rl/agents/cql_agent.h"
#include "rl/agents/crr_agent.h"
#include "rl/agents/decision_transformer_agent.h"
#include "rl/agents/td3_agent.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace rl {
namespace {

template <class Agent>
std::unique_ptr<Algorithm> Make(const datasets::EpisodeTensors& episodes, const std::string& task,
                                const AgentOptions& options, const ring::Ring& ring) {
  return std::make_unique<Agent>(episodes, task, options, ring);
}

BaselineSetup Setup(const char* name, const datasets::EpisodeTensors& episodes,
                    const std::string& task, const AgentOptions& options, const ring::Ring& ring) {
  return {.name = name, .episodes = episodes, .task = task, .options = options, .ring = ring};
}

std::unique_ptr<Algorithm> MakeBc(const datasets::EpisodeTensors& episodes, const std::string& task,
                                  const AgentOptions& options, const ring::Ring& ring) {
  return std::make_unique<BcAgent>(Setup("bc", episodes, task, options, ring));
}

std::unique_ptr<Algorithm> MakeBc10(const datasets::EpisodeTensors& episodes,
                                    const std::string& task, const AgentOptions& options,
                                    const ring::Ring& ring) {
  BaselineSetup setup = Setup("bc10", episodes, task, options, ring);
  setup.episode_share = options.baseline.best_share;
  return std::make_unique<BcAgent>(setup);
}

std::unique_ptr<Algorithm> MakeTd3(const datasets::EpisodeTensors& episodes,
                                   const std::string& task, const AgentOptions& options,
                                   const ring::Ring& ring) {
  return std::make_unique<Td3Agent>(Setup("td3", episodes, task, options, ring), /*clones=*/false);
}

std::unique_ptr<Algorithm> MakeTd3Bc(const datasets::EpisodeTensors& episodes,
                                     const std::string& task, const AgentOptions& options,
                                     const ring::Ring& ring) {
  return std::make_unique<Td3Agent>(Setup("td3_bc", episodes, task, options, ring),
                                    /*clones=*/true);
}

std::unique_ptr<Algorithm> MakeCrr(const datasets::EpisodeTensors& episodes,
                                   const std::string& task, const AgentOptions& options,
                                   const ring::Ring& ring) {
  return std::make_unique<CrrAgent>(Setup("crr", episodes, task, options, ring));
}

std::unique_ptr<Algorithm> MakeCql(const datasets::EpisodeTensors& episodes,
                                   const std::string& task, const AgentOptions& options,
                                   const ring::Ring& ring) {
  BaselineSetup setup = Setup("cql", episodes, task, options, ring);
  setup.head = models::ActorHead::kGaussian;
  return std::make_unique<CqlAgent>(setup);
}

using OptionNames = std::vector<std::string_view>;

// What an algorithm reads (AlgorithmEntry::options): `own`, and what all of its kind do.
OptionNames ReadByTransformer(OptionNames own) {
  own.insert(own.end(), {"model", "train.accumulate", "evaluation.target_return",
                         "evaluation.max_context_steps"});
  return own;
}

OptionNames ReadByPerceptron(OptionNames own) {
  own.insert(own.end(),
             {"baseline.batch", "baseline.draw", "baseline.hidden_dim", "baseline.normalize"});
  return own;
}

OptionNames ReadByCritic(OptionNames own) {
  own.insert(own.end(), {"baseline.discount", "baseline.target_rate"});
  return ReadByPerceptron(std::move(own));
}

// exorl, config.yaml and agent/*.yaml: plain Adam at a constant rate, ten episodes per evaluation,
// nothing held out.
const CustomaryRun kExorlRun = {
    .train_steps = 500000,
    .learning_rate = 1e-4,
    .warmup_steps = 0,
    .schedule = "constant",
    .optimizer = {.weight_decay = 0, .gradient_clip = 0},
    .model = {},
    .validation_fraction = 0,
    .log_every = 1000,
    .validate_every = 10000,
    .checkpoint_every = 10000,
    .evaluate_every = 10000,
    .evaluation_chains = 10,
    .evaluation_rollouts = 1,
};

// kzl/decision-transformer, gym/experiment.py: dropout of 0.1 everywhere, a long warm-up to a
// constant rate, a hundred episodes per evaluation, nothing held out.
const CustomaryRun kDecisionTransformerRun = {
    .train_steps = 100000,
    .learning_rate = 1e-4,
    .warmup_steps = 10000,
    .schedule = "constant",
    .optimizer = {.weight_decay = 1e-4, .gradient_clip = 0.25},
    .model = {.attention_dropout = 0.1, .tokens = "three"},
    .validation_fraction = 0,
    .log_every = 200,
    .validate_every = 2000,
    .checkpoint_every = 2000,
    .evaluate_every = 10000,
    .evaluation_chains = 100,
    .evaluation_rollouts = 1,
};

}  // namespace

const std::vector<AlgorithmEntry>& AlgorithmList() {
  static const std::vector<AlgorithmEntry> kAlgorithms{
      {.name = "at",
       .summary = "Agentic Transformer: imitates chains of ever better trajectories in one context",
       .make = Make<AgenticTransformerAgent>,
       .make_policy = MakeAgenticTransformerPolicy,
       .options = ReadByTransformer({"chain", "loss", "ring"})},
      {.name = "dt",
       .summary = "Decision Transformer: imitates windows of episodes, told the return to come",
       .make = Make<DecisionTransformerAgent>,
       .make_policy = MakeDecisionTransformerPolicy,
       .options =
           ReadByTransformer({"dt", "loss.advantage", "loss.temperature", "loss.max_weight"}),
       .customary_run = &kDecisionTransformerRun},
      {.name = "bc",
       .summary = "behavior cloning: imitates every episode, one step at a time",
       .make = MakeBc,
       .make_policy = MakeBaselinePolicy,
       .options = ReadByPerceptron({"baseline.noise_std", "train.accumulate"}),
       .customary_run = &kExorlRun},
      {.name = "bc10",
       .summary = "behavior cloning of the tenth of the episodes with the best returns",
       .make = MakeBc10,
       .make_policy = MakeBaselinePolicy,
       .options =
           ReadByPerceptron({"baseline.noise_std", "train.accumulate", "baseline.best_share"}),
       .customary_run = &kExorlRun},
      {.name = "td3",
       .summary = "TD3 on a fixed dataset, which bounds nothing that the data does not show",
       .make = MakeTd3,
       .make_policy = MakeBaselinePolicy,
       .options =
           ReadByCritic({"baseline.noise_std", "baseline.noise_clip", "baseline.policy_delay"}),
       .customary_run = &kExorlRun},
      {.name = "td3_bc",
       .summary = "TD3 held to the data's actions by behavior cloning",
       .make = MakeTd3Bc,
       .make_policy = MakeBaselinePolicy,
       .options = ReadByCritic(
           {"baseline.noise_std", "baseline.noise_clip", "baseline.policy_delay", "td3_bc"}),
       .customary_run = &kExorlRun},
      {.name = "crr",
       .summary = "critic-regularized regression: clones what the critic finds better than itself",
       .make = MakeCrr,
       .make_policy = MakeBaselinePolicy,
       .options = ReadByCritic({"baseline.noise_std", "baseline.noise_clip", "crr"}),
       .customary_run = &kExorlRun},
      {.name = "cql",
       .summary = "conservative Q-learning: a critic that underrates actions the data lacks",
       .make = MakeCql,
       .make_policy = MakeBaselinePolicy,
       .options = ReadByCritic({"cql"}),
       .customary_run = &kExorlRun},
  };
  return kAlgorithms;
}

const AlgorithmEntry& FindAlgorithm(std::string_view name) {
  std::string names;
  for (const AlgorithmEntry& entry : AlgorithmList()) {
    if (entry.name == name) return entry;
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
  }
  throw std::invalid_argument("there is no algorithm \"" + std::string(name) +
                              "\"; choose one of: " + names);
}

std::vector<std::string_view> ReadersOf(std::string_view option) {
  const std::string_view section = option.substr(0, option.find('.'));
  std::vector<std::string_view> readers;
  for (const AlgorithmEntry& entry : AlgorithmList()) {
    const bool reads = std::ranges::any_of(entry.options, [&](std::string_view listed) {
      return listed == option || listed == section;
    });
    if (reads) readers.push_back(entry.name);
  }
  return readers;
}

std::unique_ptr<BatchPolicy> MakePolicyFromCheckpoint(const nlohmann::json& config,
                                                      const NamedTensors& tensors,
                                                      const PolicyOptions& options) {
  const auto algorithm = config.find("algorithm");
  if (algorithm == config.end() || !algorithm->is_string()) {
    throw std::invalid_argument(
        "the checkpoint's config.json does not name its \"algorithm\"; use a checkpoint written by "
        "this program");
  }
  return FindAlgorithm(algorithm->get<std::string>()).make_policy(config, tensors, options);
}

}  // namespace rl
