#include "rl/agents/algorithm_list.h"

#include "rl/agents/agentic_transformer_agent.h"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace rl {
namespace {

template <class Agent>
std::unique_ptr<Algorithm> Make(const datasets::EpisodeTensors& episodes, const std::string& task,
                                const AgentOptions& options, const ring::Ring& ring) {
  return std::make_unique<Agent>(episodes, task, options, ring);
}

}  // namespace

const std::vector<AlgorithmEntry>& AlgorithmList() {
  static const std::vector<AlgorithmEntry> kAlgorithms{
      {.name = "at",
       .summary = "Agentic Transformer: imitates chains of ever better trajectories in one context",
       .make = Make<AgenticTransformerAgent>,
       .make_policy = MakeAgenticTransformerPolicy},
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
