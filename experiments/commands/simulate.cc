// `ringrl simulate`: replays recorded actions from recorded initial states, and says how far the
// result is from the recording. The way to hold our simulator against somebody else's. A film of a
// replay needs no policy: the way to look at a task.
#include "experiments/commands/commands.h"
#include "experiments/commands/filming.h"
#include "experiments/json_result.h"
#include "experiments/locations.h"
#include "experiments/options/option_set.h"
#include "rl/env/rollout_file.h"
#include "rl/env/rollouts.h"
#include "rl/render/episode_states.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace experiments {
namespace {

// Observations and rewards may differ by the last bits of exp, sin and log1p, which C's library
// and numpy round differently; states go through the same library and must be equal.
constexpr double kTolerance = 1e-14;

struct SimulateOptions {
  std::string task;
  std::filesystem::path input, output;
  bool compare = false;
  std::string json;
  std::filesystem::path assets = AssetFolder();
  FilmOptions film;
  int64_t film_episode = 0;
};

OptionSet DeclareOptions(SimulateOptions& options) {
  OptionSet set("simulate", "replay recorded actions and compare with the recording");
  set.Add("task", &options.task, "task to simulate, e.g. walker_walk");
  set.Add("input", &options.input,
          ".npz with action (E,S,A) and the initial states: integration_state0 (E,I), or qpos, "
          "qvel, act (E,S+1,.)");
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

void ReportDivergence(const std::vector<int64_t>& diverged_steps) {
  for (size_t episode = 0; episode < diverged_steps.size(); ++episode) {
    if (diverged_steps[episode] < 0) continue;
    std::fprintf(stderr, "ringrl simulate: episode %zu diverged in step %lld\n", episode,
                 static_cast<long long>(diverged_steps[episode]));
  }
}

// JSON has no infinity; a difference that is infinite or NaN becomes null.
nlohmann::json Finite(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

// Prints and writes one row per episode; returns whether all are within tolerance.
bool ReportComparison(const SimulateOptions& options, const rl::Rollouts& recorded,
                      const rl::Rollouts& simulated) {
  nlohmann::json result = ResultEnvelope("simulate --compare");
  result["task"] = options.task;
  std::FILE* table = TableStream(options.json);
  std::fprintf(table, "%8s %20s %15s %14s %17s\n", "episode", "max_abs_observation",
               "max_abs_reward", "max_abs_state", "different_states");
  bool equal = true;
  for (int64_t episode = 0; episode < recorded.num_episodes; ++episode) {
    const rl::RolloutDifference difference = rl::Compare(recorded, simulated, episode);
    std::fprintf(table, "%8lld %20.3g %15.3g %14.3g %17lld\n", static_cast<long long>(episode),
                 difference.max_abs_observation, difference.max_abs_reward,
                 difference.max_abs_physics,
                 static_cast<long long>(difference.num_different_physics));
    result["rows"].push_back({{"episode", episode},
                              {"max_abs_observation", Finite(difference.max_abs_observation)},
                              {"max_abs_reward", Finite(difference.max_abs_reward)},
                              {"max_abs_state", Finite(difference.max_abs_physics)},
                              {"different_states", difference.num_different_physics}});
    equal = equal && difference.num_different_physics == 0 &&
            difference.max_abs_observation <= kTolerance && difference.max_abs_reward <= kTolerance;
  }
  std::fprintf(table, "%s\n", equal ? "equal: states bit for bit, the rest to 1e-14" : "DIFFERENT");
  WriteJson(result, options.json);
  return equal;
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

}  // namespace

int RunSimulate(Arguments arguments) {
  SimulateOptions options;
  OptionSet set = DeclareOptions(options);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (options.output.empty() && !options.compare && !options.film.wanted()) {
    throw UsageError("nothing to do; give --output FILE.npz, --compare, --video or several");
  }
  const rl::SharedTask shared = rl::LoadTask(options.task, options.assets);
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
  ReportDivergence(replay.diverged_steps);
  if (!options.output.empty()) rl::WriteRollouts(options.output, shared.spec, replay.rollouts);
  const bool equal = !options.compare || ReportComparison(options, recorded, replay.rollouts);
  if (film) {
    const rl::EpisodeStates states =
        StatesOf(replay, shared.spec.physics_dim, options.film_episode);
    if (!film->Make(states, *stop, TableStream(options.json))) return stop->exit_status();
  }
  return equal ? 0 : 1;
}

}  // namespace experiments
