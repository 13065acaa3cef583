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

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rl {

// What a run of an algorithm looks like unless somebody says otherwise: its authors' values.
// Periods are in train steps, see rl::TrainerOptions.
struct CustomaryRun {
  int64_t train_steps;
  double learning_rate;
  int64_t warmup_steps;
  std::string_view schedule;  // of the learning rate after the warm-up
  OptimizerOptions optimizer;
  NetworkOptions model;  // of those that are transformers
  double validation_fraction;
  int64_t log_every, validate_every, checkpoint_every, evaluate_every;
  int64_t evaluation_chains, evaluation_rollouts;
};

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

  // What it reads of AgentOptions and PolicyOptions that not every algorithm does, by the names
  // people type: a section, "chain", or one option of a section, "baseline.batch".
  std::vector<std::string_view> options;

  // Null: the defaults of the option structs.
  const CustomaryRun* customary_run = nullptr;
};

// Every algorithm, in the order to list them.
const std::vector<AlgorithmEntry>& AlgorithmList();

// The entry called `name`; std::invalid_argument that lists the names there are.
const AlgorithmEntry& FindAlgorithm(std::string_view name);

// The names of the algorithms that read the option called `option`. None: every algorithm does.
std::vector<std::string_view> ReadersOf(std::string_view option);

// Calls make_policy of the algorithm that `config` names under "algorithm".
std::unique_ptr<BatchPolicy> MakePolicyFromCheckpoint(const nlohmann::json& config,
                                                      const NamedTensors& tensors,
                                                      const PolicyOptions& options);

}  // namespace rl

#endif  // RL_AGENTS_ALGORITHM_LIST_H_
