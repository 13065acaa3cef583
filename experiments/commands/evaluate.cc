// `ringrl evaluate`: rolls a checkpoint out in its task, on one process or on a ring of them.
#include "experiments/commands/commands.h"
#include "experiments/commands/filming.h"
#include "experiments/commands/policy_evaluation.h"
#include "experiments/commands/ring_ranks.h"
#include "experiments/json_result.h"
#include "experiments/locations.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "experiments/options/usage_error.h"
#include "experiments/signals.h"
#include "ring/parallel/collectives.h"
#include "ring/runtime/ring.h"
#include "ring/runtime/world.h"
#include "rl/agents/algorithm_list.h"
#include "rl/evaluate/evaluation_report.h"
#include "rl/evaluate/ring_policy.h"
#include "rl/render/episode_states.h"
#include "rl/train/checkpoint.h"

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace experiments {
namespace {

struct EvaluateOptions {
  std::filesystem::path run, checkpoint;  // the latter below the run, if there is one
  std::string task;
  PolicyEvaluationOptions evaluation;
  int num_threads = DefaultThreads();
  int ring_size = 1;
  std::filesystem::path assets = AssetFolder();
  std::string json;
  FilmOptions film;
  int64_t film_rollout = 0;
};

OptionSet DeclareOptions(EvaluateOptions& options) {
  OptionSet set("evaluate", "roll out a trained policy in its task");
  set.Add("run", &options.run, "run folder");
  set.Add("checkpoint", &options.checkpoint,
          "of the run: last, best or the step it was taken at [last]; without --run, a checkpoint "
          "folder");
  set.Add("task", &options.task, "task it must have been trained for; empty: any");
  set.Add("chains", &options.evaluation.chains, "chains to play at once");
  set.Add("rollouts", &options.evaluation.rollouts, "rollouts of a chain, in one context");
  set.Add("seed", &options.evaluation.seed, "decides the initial states");
  set.Add("target-return", &options.evaluation.target_return,
          "return to ask for; 0: the best of the data it was trained on");
  set.Add("max-context-steps", &options.evaluation.max_context_steps,
          "steps a policy may remember; 0: no limit");
  set.Add("threads", &options.num_threads, "threads of the arithmetic and of the environments");
  set.Add("ring-size", &options.ring_size, "processes that hold the context together");
  set.Add("assets", &options.assets, "the dm_control folder with the model files");
  set.Add("json", &options.json, "file for the result as JSON, - for stdout");
  AddFilmOptions(set, options.film);
  set.Add("video-rollout", &options.film_rollout,
          "rollout of the first chain to show, from 1; 0: the last");
  return set;
}

void CheckOptions(const EvaluateOptions& options) {
  if (options.run.empty() && options.checkpoint.empty()) {
    throw UsageError("give --run RUN_DIR or --checkpoint DIR");
  }
  if (!options.run.empty() && options.checkpoint.has_parent_path()) {
    throw UsageError("--checkpoint is last, best or a step when there is a --run, not " +
                     options.checkpoint.string());
  }
  if (options.evaluation.chains < 1 || options.evaluation.rollouts < 1 || options.num_threads < 1 ||
      options.ring_size < 1) {
    throw UsageError("--chains, --rollouts, --threads and --ring-size must be at least 1");
  }
  if (options.film_rollout < 0 || options.film_rollout > options.evaluation.rollouts) {
    throw UsageError("--video-rollout (" + std::to_string(options.film_rollout) +
                     ") must be 1 to --rollouts (" + std::to_string(options.evaluation.rollouts) +
                     "), or 0 for the last");
  }
}

std::filesystem::path CheckpointPath(const EvaluateOptions& options) {
  if (options.run.empty()) return options.checkpoint;
  const std::filesystem::path name = options.checkpoint.empty() ? "last" : options.checkpoint;
  const std::filesystem::path path = options.run / "checkpoints" / name;
  if (std::filesystem::exists(path)) return std::filesystem::canonical(path);
  throw std::invalid_argument(options.run.string() + " has no checkpoint " + name.string() +
                              "; those it has are in " + path.parent_path().string());
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

// What every rank has: a policy, which acts with those of the others.
struct Player {
  std::filesystem::path checkpoint;
  std::string task;
  std::unique_ptr<rl::BatchPolicy> policy;
};

Player LoadPlayer(const EvaluateOptions& options, const ring::Ring& ring) {
  const std::filesystem::path path = CheckpointPath(options);
  const rl::Checkpoint checkpoint = rl::ReadModelCheckpoint(path);
  rl::PolicyOptions policy = PolicyOptionsOf(options.evaluation);
  policy.ring = ring;
  return {.checkpoint = path,
          .task = TaskOf(checkpoint.config, path, options.task),
          .policy = rl::MakePolicyFromCheckpoint(checkpoint.config, checkpoint.model, policy)};
}

// What the first rank has besides: the simulation, and who films it.
class Stage {
 public:
  Stage(const EvaluateOptions& options, const std::string& task)
      : options_(options),
        environment_(ChainEnvironments(task, options.assets, options.evaluation.chains,
                                       options.num_threads)) {
    if (options.film.wanted()) film_.emplace(options.film, environment_.spec(), options.assets);
  }

  rl::EvaluationResult Play(rl::BatchPolicy& policy, const StopSignal& stop) {
    const auto record = [&] {
      if (film_) recorder_.Record(environment_.environment(0));
    };
    return EvaluateWithProgress(policy, environment_, options_.evaluation, stop, record);
  }

  // False when a signal stopped it.
  bool Film(const StopSignal& stop, std::FILE* out) {
    if (!film_) return true;
    const int64_t shown =
        options_.film_rollout > 0 ? options_.film_rollout : options_.evaluation.rollouts;
    return film_->Make(recorder_.episodes().at(static_cast<size_t>(shown - 1)), stop, out);
  }

 private:
  const EvaluateOptions& options_;
  rl::VectorEnvironment environment_;
  std::optional<FilmMaker> film_;
  rl::StateRecorder recorder_;
};

// The first rank's part once its policy and its simulation are there; the exit status.
int Lead(const EvaluateOptions& options, Player& player, Stage& stage, const ring::Ring& ring,
         const StopSignal& stop) {
  rl::LeadingPolicy policy(*player.policy, ring);
  const rl::EvaluationResult result = stage.Play(policy, stop);
  policy.LetGo();
  if (result.interrupted) return stop.exit_status();

  const rl::ReturnReference reference = ReferenceOf(player.task);
  std::FILE* const out = TableStream(options.json);
  std::fprintf(out, "checkpoint: %s\n", player.checkpoint.c_str());
  std::fputs(EvaluationTable(result, reference).c_str(), out);
  nlohmann::json json = ResultEnvelope("evaluate");
  json.update(rl::EvaluationJson(result, reference));
  json["checkpoint"] = player.checkpoint.string();
  WriteJson(json, options.json);
  return stage.Film(stop, out) ? 0 : stop.exit_status();
}

// One rank's part, or the whole of a ring of one.
int EvaluateRank(const EvaluateOptions& options, const ring::Ring& ring, const StopSignal& stop) {
  Player player;
  std::optional<Stage> stage;
  const bool ready = SucceedsOnEveryRank(ring, [&] {
    CheckRingSize(options.ring_size, ring);
    player = LoadPlayer(options, ring);
    if (ring.rank() == 0) stage.emplace(options, player.task);
  });
  if (!ready) return 1;
  int status = 0;
  if (stage) {
    status = Lead(options, player, *stage, ring, stop);
  } else {
    rl::FollowPolicy(*player.policy, ring);
    status = stop.exit_status();
  }
  // Nobody leaves before the first is done: a rank that ends is a reason for the others to.
  ring::WaitForAll(ring, "the end of the evaluation", std::chrono::hours(1));
  return status;
}

}  // namespace

int RunEvaluate(Arguments arguments) {
  EvaluateOptions options;
  OptionSet set = DeclareOptions(options);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  CheckOptions(options);

  const ring::WorldOptions place = PlaceInWorld();
  if (MustStartRanks(options.ring_size, place)) {
    std::vector<std::string> command(arguments.begin(), arguments.end());
    command.insert(command.begin(), "evaluate");
    return StartRanks(options.ring_size, std::move(command));
  }
  at::set_num_threads(ThreadsOfRank(options.num_threads, place));
  const StopSignal stop;
  const ring::World world(place);
  return EvaluateRank(options, world.MakeRing(world.size()), stop);
}

}  // namespace experiments
