#include "experiments/benchmarks/train_step.h"

#include "datasets/episode_tensors.h"
#include "ring/parallel/collectives.h"
#include "rl/agents/algorithm_list.h"
#include "rl/train/training_meter.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/rand.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>

namespace experiments {
namespace {

constexpr int64_t kTokensPerStep = 4;
constexpr int64_t kObservationDim = 24, kActionDim = 6;  // a walker's
constexpr int64_t kNumEpisodes = 100, kEpisodeSteps = 1000;

datasets::EpisodeTensors RandomEpisodes(int64_t num_episodes, int64_t num_steps) {
  const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(/*seed=*/301);
  const auto uniform = [&](at::IntArrayRef sizes) { return at::rand(sizes, generator); };
  datasets::EpisodeTensors episodes;
  episodes.observation_NO = uniform({num_episodes * (num_steps + 1), kObservationDim});
  episodes.action_NA = uniform({num_episodes * num_steps, kActionDim}).mul(2).sub(1);
  episodes.reward_N = uniform({num_episodes * num_steps});
  for (int64_t i = 0; i < num_episodes; ++i) {
    episodes.num_steps.push_back(num_steps);
    episodes.observation_begin.push_back(i * (num_steps + 1));
    episodes.action_begin.push_back(i * num_steps);
    episodes.episode_return.push_back(
        episodes.reward_N.narrow(0, i * num_steps, num_steps).sum().item<double>());
  }
  episodes.reward_source = "random numbers";
  return episodes;
}

// With the algorithm's customary settings.
rl::AgentOptions AgentOf(const TrainStepOptions& options) {
  rl::AgentOptions agent;
  const rl::CustomaryRun* const customary = rl::FindAlgorithm(options.algorithm).customary_run;
  if (customary != nullptr) {
    agent.optimizer = customary->optimizer;
    agent.model = customary->model;
  }
  agent.validation_fraction = 0;
  agent.chain.trajectories = 1;
  agent.dt.context_steps = options.context_steps;
  agent.dt.batch = options.batch;
  agent.model.layers = options.layers;
  agent.model.heads = options.heads;
  agent.model.dim = options.dim;
  agent.model.attention_operands = options.operands;
  agent.baseline.batch = options.batch;
  agent.baseline.hidden_dim = options.hidden_dim;
  agent.baseline.policy_delay = 2;  // as the peers
  return agent;
}

// `at` sees one episode, so that every update has the same number of tokens.
datasets::EpisodeTensors DataOf(const TrainStepOptions& options) {
  if (options.algorithm == "at") return RandomEpisodes(1, options.tokens / kTokensPerStep);
  return RandomEpisodes(kNumEpisodes, kEpisodeSteps);
}

void Check(const TrainStepOptions& options) {
  const std::string& algorithm = options.algorithm;
  if (algorithm != "at" && algorithm != "dt" && algorithm != "td3_bc") {
    throw std::invalid_argument("bench train measures at, dt and td3_bc, not " + algorithm);
  }
  if (options.tokens < kTokensPerStep || options.tokens % kTokensPerStep != 0) {
    throw std::invalid_argument("--tokens must be a multiple of 4, the tokens of a step, not " +
                                std::to_string(options.tokens));
  }
  if (options.updates < 1) throw std::invalid_argument("--updates must be at least 1");
}

}  // namespace

std::string ShapeInWords(const TrainStepOptions& options) {
  const auto text = [](int64_t number) { return std::to_string(number); };
  if (options.algorithm == "td3_bc") {
    return "batch " + text(options.batch) + ", hidden " + text(options.hidden_dim);
  }
  const std::string layers = text(options.layers) + " layers, " + text(options.heads) +
                             " heads, width " + text(options.dim) + ", batch ";
  return options.algorithm == "at"
             ? text(options.tokens) + " tokens, " + layers + "1"
             : text(options.context_steps) + " steps, " + layers + text(options.batch);
}

nlohmann::json ShapeForPeers(const TrainStepOptions& options) {
  return {{"algorithm", options.algorithm},
          {"tokens", options.tokens},
          {"context_steps", options.context_steps},
          {"batch", options.batch},
          {"layers", options.layers},
          {"heads", options.heads},
          {"dim", options.dim},
          {"hidden_dim", options.hidden_dim},
          {"updates", options.updates}};
}

TrainStepFigures MeasureTrainStep(const TrainStepOptions& options, const ring::Ring& ring) {
  Check(options);
  const std::unique_ptr<rl::Algorithm> algorithm =
      rl::FindAlgorithm(options.algorithm)
          .make(DataOf(options), "walker_walk", AgentOf(options), ring);
  // As train_peers.py: an even number, so that delayed actors stay in step.
  const int64_t warm_up = 2 * (1 + options.updates / 20);
  std::chrono::steady_clock::time_point begin;
  for (int64_t update = 0; update < warm_up + options.updates; ++update) {
    if (update == warm_up) {
      ring::WaitForAll(ring, "the updates to measure", std::chrono::minutes(10));
      begin = std::chrono::steady_clock::now();
    }
    algorithm->Update(update, /*learning_rate=*/1e-4);
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  return {.seconds = taken.count() / static_cast<double>(options.updates),
          .peak_bytes = rl::PeakMemoryBytes()};
}

}  // namespace experiments
