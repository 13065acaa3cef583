// `ringrl simulate`: replays recorded actions from recorded initial states, and says how far the
// result is from the recording. The way to hold our simulator against somebody else's. A film of a
// replay needs no policy: the way to look at a task.
#include "experiments/commands/commands.h"
#include "experiments/commands/filming.h"
#include "experiments/commands/simulation_comparison.h"
#include "experiments/json_result.h"
#include "experiments/locations.h"
#include "experiments/options/option_set.h"
#include "rl/env/rollout_file.h"
#include "rl/env/rollouts.h"
#include "rl/env/tasks/task_list.h"
#include "rl/render/episode_states.h"

#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace experiments {
namespace {

struct SimulateOptions {
  std::vector<std::string> tasks;
  std::filesystem::path input, output;
  bool compare = false;
  std::string json;
  std::filesystem::path assets = AssetFolder();
  FilmOptions film;
  int64_t film_episode = 0;
};

OptionSet DeclareOptions(SimulateOptions& options) {
  OptionSet set("simulate", "replay recorded actions and compare with the recording");
  set.Add("task", &options.tasks,
          "task to simulate, e.g. walker_walk; several or `all` with --compare and a folder");
  set.Add("input", &options.input,
          ".npz with action (E,S,A) and the initial states: integration_state0 (E,I), or qpos, "
          "qvel, act (E,S+1,.); or a folder with such a rollout_<task>.npz for each task");
  set.Add("output", &options.output,
          ".npz to write: action, qpos, qvel, act, obs64, obs32, reward; may be left out with "
          "--compare or --video");
  set.Add("compare", &options.compare,
          "compare with the input's qpos, qvel, act, obs64 and reward; exit 1 when a state "
          "differs at all, or an observation or reward by more than 1e-14");
  set.Add("json", &options.json, "file for the comparison as JSON, - for stdout");
  set.Add("assets", &options.assets, "the dm_control folder with the model files");
  AddFilmOptions(set, options.film);
  set.Add("video-episode", &options.film_episode, "episode of the input to show, from 0");
  set.Require("task");
  set.Require("input");
  return set;
}

void RequireComparable(const rl::Rollouts& recorded, const std::filesystem::path& input) {
  if (!recorded.physics.empty() && !recorded.observations.empty() && !recorded.rewards.empty()) {
    return;
  }
  throw std::invalid_argument(input.string() +
                              " has nothing to compare with; --compare needs qpos, qvel, obs64 "
                              "and reward in it");
}

// Says on stderr what went wrong inside the simulations, which goes on to be compared.
void ReportTrouble(const std::string& task, const rl::ReplayResult& replay) {
  for (size_t episode = 0; episode < replay.diverged_steps.size(); ++episode) {
    if (replay.diverged_steps[episode] < 0) continue;
    std::fprintf(stderr, "ringrl simulate: %s: episode %zu diverged in step %lld\n", task.c_str(),
                 episode, static_cast<long long>(replay.diverged_steps[episode]));
  }
  for (size_t i = 0; i < rl::kNumWarningKinds; ++i) {
    if (replay.warnings.counts[i] == 0) continue;
    std::fprintf(stderr, "ringrl simulate: %s: MuJoCo warned of %s, %lld times\n", task.c_str(),
                 rl::WarningName(static_cast<rl::WarningKind>(i)).data(),
                 static_cast<long long>(replay.warnings.counts[i]));
  }
}

void CheckFilm(const SimulateOptions& options, int64_t num_episodes) {
  if (options.film_episode >= 0 && options.film_episode < num_episodes) return;
  throw UsageError("--video-episode is " + std::to_string(options.film_episode) + "; " +
                   options.input.string() + " has episodes 0 to " +
                   std::to_string(num_episodes - 1));
}

// The states of one episode, up to its divergence if it diverged.
rl::EpisodeStates StatesOf(const rl::ReplayResult& replay, int state_dim, int64_t episode) {
  const int64_t diverged = replay.diverged_steps[static_cast<size_t>(episode)];
  const int64_t all = replay.rollouts.num_steps + 1;
  const int64_t good = diverged < 0 ? all : diverged + 1;
  const auto first = replay.rollouts.physics.begin() + episode * all * state_dim;
  return {.state_dim = state_dim, .values = std::vector<double>(first, first + good * state_dim)};
}

// Whether the input is a folder of recordings, one per task. Throws UsageError for what goes only
// with a single recording.
bool IsFolderOfTasks(const SimulateOptions& options) {
  const bool folder = std::filesystem::is_directory(options.input);
  const bool many = options.tasks.size() != 1 || options.tasks.front() == "all";
  if (many && !folder) {
    throw UsageError("several tasks need a folder with a rollout_<task>.npz each; --input " +
                     options.input.string() + " is none");
  }
  if (folder && (!options.compare || !options.output.empty() || options.film.wanted())) {
    throw UsageError(
        "a folder of recordings can only be compared: give --compare, and neither "
        "--output nor --video");
  }
  return folder;
}

std::vector<std::string> TaskNames(const SimulateOptions& options) {
  if (options.tasks != std::vector<std::string>{"all"}) return options.tasks;
  std::vector<std::string> names;
  for (const rl::TaskEntry& entry : rl::TaskList()) names.emplace_back(entry.name);
  return names;
}

bool CompareTasks(const SimulateOptions& options) {
  std::vector<TaskComparison> comparisons;
  for (const std::string& task : TaskNames(options)) {
    const rl::SharedTask shared = rl::LoadTask(task, options.assets);
    const std::filesystem::path input = options.input / ("rollout_" + task + ".npz");
    const rl::Rollouts recorded = rl::ReadRollouts(input, shared.spec);
    RequireComparable(recorded, input);
    const rl::ReplayResult replay = rl::Replay(shared, recorded);
    ReportTrouble(task, replay);
    comparisons.push_back({.task = task,
                           .num_episodes = recorded.num_episodes,
                           .num_steps = recorded.num_steps,
                           .worst = Worst(CompareEpisodes(recorded, replay.rollouts))});
  }
  return ReportTasks(comparisons, options.json);
}

int SimulateTask(const SimulateOptions& options) {
  const std::string& task = options.tasks.front();
  const rl::SharedTask shared = rl::LoadTask(task, options.assets);
  const rl::Rollouts recorded = rl::ReadRollouts(options.input, shared.spec);
  if (options.compare) RequireComparable(recorded, options.input);
  std::optional<StopSignal> stop;  // so that an unfinished film is taken away
  std::optional<FilmMaker> film;
  if (options.film.wanted()) {
    CheckFilm(options, recorded.num_episodes);
    stop.emplace();
    film.emplace(options.film, shared.spec, options.assets);
  }

  const rl::ReplayResult replay = rl::Replay(shared, recorded);
  ReportTrouble(task, replay);
  if (!options.output.empty()) rl::WriteRollouts(options.output, shared.spec, replay.rollouts);
  const bool equal = !options.compare ||
                     ReportEpisodes(task, CompareEpisodes(recorded, replay.rollouts), options.json);
  if (film) {
    const rl::EpisodeStates states =
        StatesOf(replay, shared.spec.physics_dim, options.film_episode);
    if (!film->Make(states, *stop, TableStream(options.json))) return stop->exit_status();
  }
  return equal ? 0 : 1;
}

}  // namespace

int RunSimulate(Arguments arguments) {
  SimulateOptions options;
  OptionSet set = DeclareOptions(options);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (options.output.empty() && !options.compare && !options.film.wanted()) {
    throw UsageError("nothing to do; give --output FILE.npz, --compare, --video or several");
  }
  if (IsFolderOfTasks(options)) return CompareTasks(options) ? 0 : 1;
  return SimulateTask(options);
}

}  // namespace experiments
