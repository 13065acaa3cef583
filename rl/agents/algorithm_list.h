// The algorithms there are: a plain table from a name to the functions that make one.
//
// Adding an algorithm is adding a line to the table in algorithm_list.cc.
#ifndef RL_AGENTS_ALGORITHM_LIST_H_
#define RL_AGENTS_ALGORITHM_LIST_H_

#include "datasets/episode_tensors.h"
#include "ring/runtime/ring.h"
#include "rl/agents/agent_options.h"
#include "rl/agents/algorithm.h"
#include "rl/agents/policy.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rl {

struct AlgorithmEntry {
  std::string_view name;     // as typed after --algorithm
  std::string_view summary;  // one line for --help

  // Makes the algorithm on a dataset; shares the dataset's tensors. `task` is recorded in the
  // checkpoint. The ranks of `ring` train it together. Throws std::invalid_argument for options
  // that cannot be met.
  std::unique_ptr<Algorithm> (*make)(const datasets::EpisodeTensors& episodes,
                                     const std::string& task, const AgentOptions& options,
                                     const ring::Ring& ring);

  // Rebuilds a policy from a checkpoint, without the dataset: Algorithm::ModelConfig() and
  // Algorithm::ModelTensors().
  std::unique_ptr<BatchPolicy> (*make_policy)(const nlohmann::json& config,
                                              const NamedTensors& tensors,
                                              const PolicyOptions& options);
};

// Every algorithm, in the order to list them.
const std::vector<AlgorithmEntry>& AlgorithmList();

// The entry called `name`; std::invalid_argument that lists the names there are.
const AlgorithmEntry& FindAlgorithm(std::string_view name);

// Calls make_policy of the algorithm that `config` names under "algorithm".
std::unique_ptr<BatchPolicy> MakePolicyFromCheckpoint(const nlohmann::json& config,
                                                      const NamedTensors& tensors,
                                                      const PolicyOptions& options);

}  // namespace rl

#endif  // RL_AGENTS_ALGORITHM_LIST_H_
