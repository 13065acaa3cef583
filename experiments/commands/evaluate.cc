// `ringrl evaluate`: rolls a checkpoint out in its task.
#include "experiments/commands/commands.h"
#include "experiments/commands/filming.h"
#include "experiments/commands/policy_evaluation.h"
#include "experiments/json_result.h"
#include "experiments/locations.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "experiments/options/usage_error.h"
#include "experiments/signals.h"
#include "rl/agents/algorithm_list.h"
#include "rl/evaluate/evaluation_report.h"
#include "rl/render/episode_states.h"
#include "rl/train/checkpoint.h"

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace experiments {
namespace {

struct EvaluateOptions {
  std::filesystem::path run, checkpoint;
  std::string task;
  PolicyEvaluationOptions evaluation;
  int num_threads = DefaultThreads();
  std::filesystem::path assets = AssetFolder();
  std::string json;
  FilmOptions film;
  int64_t film_rollout = 0;
};

OptionSet DeclareOptions(EvaluateOptions& options) {
  OptionSet set("evaluate", "roll out a trained policy in its task");
  set.Add("run", &options.run, "run folder; its newest checkpoint is taken");
  set.Add("checkpoint", &options.checkpoint, "checkpoint folder, instead of --run");
  set.Add("task", &options.task, "task it must have been trained for; empty: any");
  set.Add("chains", &options.evaluation.chains, "chains to play at once");
  set.Add("rollouts", &options.evaluation.rollouts, "rollouts of a chain, in one context");
  set.Add("seed", &options.evaluation.seed, "decides the initial states");
  set.Add("target-return", &options.evaluation.target_return,
          "return to ask for; 0: the best of the data it was trained on");
  set.Add("max-context-steps", &options.evaluation.max_context_steps,
          "steps a policy may remember; 0: no limit");
  set.Add("threads", &options.num_threads, "threads of the arithmetic and of the environments");
  set.Add("assets", &options.assets, "the dm_control folder with the model files");
  set.Add("json", &options.json, "file for the result as JSON, - for stdout");
  AddFilmOptions(set, options.film);
  set.Add("video-rollout", &options.film_rollout,
          "rollout of the first chain to show, from 1; 0: the last");
  return set;
}

void CheckOptions(const EvaluateOptions& options) {
  if (options.run.empty() == options.checkpoint.empty()) {
    throw UsageError("give one of --run RUN_DIR and --checkpoint DIR");
  }
  if (options.evaluation.chains < 1 || options.evaluation.rollouts < 1 || options.num_threads < 1) {
    throw UsageError("--chains, --rollouts and --threads must be at least 1");
  }
  if (options.film_rollout < 0 || options.film_rollout > options.evaluation.rollouts) {
    throw UsageError("--video-rollout (" + std::to_string(options.film_rollout) +
                     ") must be 1 to --rollouts (" + std::to_string(options.evaluation.rollouts) +
                     "), or 0 for the last");
  }
}

std::filesystem::path CheckpointPath(const EvaluateOptions& options) {
  if (!options.checkpoint.empty()) return options.checkpoint;
  const std::filesystem::path last = options.run / "checkpoints" / "last";
  if (std::filesystem::exists(last)) return std::filesystem::canonical(last);
  throw std::invalid_argument(options.run.string() +
                              " has no checkpoint yet; train longer, or give --checkpoint DIR");
}

// The task the checkpoint was trained for, which must be the one asked for, if any.
std::string TaskOf(const nlohmann::json& config, const std::filesystem::path& path,
                   const std::string& wanted) {
  const auto task = config.find("task");
  if (task == config.end() || !task->is_string()) {
    throw std::invalid_argument((path / "config.json").string() +
                                " does not name its task; use a checkpoint that `ringrl train` "
                                "wrote");
  }
  const std::string name = task->get<std::string>();
  if (wanted.empty() || wanted == name) return name;
  throw std::invalid_argument(path.string() + " was trained for " + name + ", not for " + wanted +
                              "; leave --task out or give another checkpoint");
}

}  // namespace

int RunEvaluate(Arguments arguments) {
  EvaluateOptions options;
  OptionSet set = DeclareOptions(options);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  CheckOptions(options);
  at::set_num_threads(options.num_threads);
  const StopSignal stop;

  const std::filesystem::path path = CheckpointPath(options);
  const rl::Checkpoint checkpoint = rl::ReadModelCheckpoint(path);
  const std::string task = TaskOf(checkpoint.config, path, options.task);
  const std::unique_ptr<rl::BatchPolicy> policy = rl::MakePolicyFromCheckpoint(
      checkpoint.config, checkpoint.model, PolicyOptionsOf(options.evaluation));
  rl::VectorEnvironment environment(
      ChainEnvironments(task, options.assets, options.evaluation.chains, options.num_threads));
  std::optional<FilmMaker> film;
  if (options.film.wanted()) film.emplace(options.film, environment.spec(), options.assets);
  rl::StateRecorder recorder;
  const auto record = [&] {
    if (film) recorder.Record(environment.environment(0));
  };
  const rl::EvaluationResult result =
      EvaluateWithProgress(*policy, environment, options.evaluation, stop, record);
  if (result.interrupted) return stop.exit_status();

  const rl::ReturnReference reference = ReferenceOf(task);
  std::FILE* const out = TableStream(options.json);
  std::fprintf(out, "checkpoint: %s\n", path.c_str());
  std::fputs(EvaluationTable(result, reference).c_str(), out);
  nlohmann::json json = ResultEnvelope("evaluate");
  json.update(rl::EvaluationJson(result, reference));
  json["checkpoint"] = path.string();
  WriteJson(json, options.json);
  if (!film) return 0;
  const int64_t shown =
      options.film_rollout > 0 ? options.film_rollout : options.evaluation.rollouts;
  const rl::EpisodeStates& states = recorder.episodes().at(static_cast<size_t>(shown - 1));
  return film->Make(states, stop, out) ? 0 : stop.exit_status();
}

}  // namespace experiments
