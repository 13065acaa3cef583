#include "experiments/benchmarks/train_step.h"

#include "datasets/episode_tensors.h"
#include "experiments/benchmarks/alternation.h"
#include "ring/parallel/collectives.h"
#include "rl/agents/algorithm_list.h"
#include "rl/train/training_meter.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/rand.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

namespace experiments {
namespace {

constexpr int64_t kTokensPerStep = 4;
constexpr int64_t kObservationDim = 24, kActionDim = 6;  // a walker's

// One episode, so that every update sees the same number of tokens.
datasets::EpisodeTensors RandomEpisode(int64_t num_steps) {
  const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(/*seed=*/301);
  const auto uniform = [&](at::IntArrayRef sizes) { return at::rand(sizes, generator); };
  datasets::EpisodeTensors episodes;
  episodes.observation_NO = uniform({num_steps + 1, kObservationDim});
  episodes.action_NA = uniform({num_steps, kActionDim}).mul(2).sub(1);
  episodes.reward_N = uniform({num_steps});
  episodes.num_steps = {num_steps};
  episodes.observation_begin = episodes.action_begin = {0};
  episodes.episode_return = {episodes.reward_N.sum().item<double>()};
  episodes.reward_source = "random numbers";
  return episodes;
}

rl::AgentOptions AgentOf(const TrainStepOptions& options) {
  rl::AgentOptions agent;
  agent.chain.trajectories = 1;
  agent.model.tokens = "four";
  agent.model.layers = options.layers;
  agent.model.heads = options.heads;
  agent.model.dim = options.dim;
  agent.model.attention_operands = options.operands;
  agent.validation_fraction = 0;
  return agent;
}

}  // namespace

TrainStepFigures MeasureTrainStep(const TrainStepOptions& options, const ring::Ring& ring) {
  if (options.tokens < kTokensPerStep || options.tokens % kTokensPerStep != 0) {
    throw std::invalid_argument("--tokens must be a multiple of 4, the tokens of a step, not " +
                                std::to_string(options.tokens));
  }
  if (options.updates < 1) throw std::invalid_argument("--updates must be at least 1");
  const std::unique_ptr<rl::Algorithm> algorithm = rl::FindAlgorithm("at").make(
      RandomEpisode(options.tokens / kTokensPerStep), "walker_walk", AgentOf(options), ring);
  std::vector<double> seconds;
  for (int64_t update = 0; update <= options.updates; ++update) {
    ring::WaitForAll(ring, "an update to measure", std::chrono::minutes(10));
    const auto begin = std::chrono::steady_clock::now();
    algorithm->Update(update, /*learning_rate=*/1e-4);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    if (update > 0) seconds.push_back(taken.count());
  }
  return {.seconds = Summarize(seconds)->median, .peak_bytes = rl::PeakMemoryBytes()};
}

}  // namespace experiments
