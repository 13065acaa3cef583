#include "experiments/commands/seed_sweep.h"

#include "experiments/commands/ring_ranks.h"
#include "experiments/commands/training_data.h"
#include "experiments/environment.h"
#include "experiments/json_result.h"
#include "experiments/options/usage_error.h"
#include "experiments/progress.h"
#include "experiments/reproduce/job_pool.h"
#include "experiments/signals.h"
#include "rl/train/run_folder.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

namespace experiments {
namespace {

using nlohmann::json;

constexpr const char* kRunConfig = "run.cfg";

// More is a slip of the pen.
constexpr uint64_t kMostSeeds = 10000;

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct SeedRange {
  uint64_t first, last;
};

SeedRange ParseRange(const std::string& word) {
  const size_t dash = word.find('-');
  const std::optional<uint64_t> first = ParseNumber(std::string_view(word).substr(0, dash));
  const std::optional<uint64_t> last =
      dash == std::string::npos ? first : ParseNumber(std::string_view(word).substr(dash + 1));
  if (!first || !last || *last < *first || *last - *first >= kMostSeeds) {
    throw UsageError("--seeds: '" + word + "' is neither a seed nor a range of seeds such as 1-5");
  }
  return {*first, *last};
}

std::filesystem::path RunOf(const std::filesystem::path& folder, uint64_t seed) {
  return folder / ("s" + std::to_string(seed));
}

// What a run said when it ended; null when it has not ended yet.
json ResultOf(const std::filesystem::path& run) {
  std::ifstream stream(run / "result.json");
  if (!stream) return nullptr;
  return json::parse(stream, nullptr, /*allow_exceptions=*/false);
}

bool IsDone(const std::string& status) {
  return status == "finished" || status == "no improvement";
}

json Row(const std::filesystem::path& run, uint64_t seed, bool failed) {
  const json result = ResultOf(run);
  json row = {{"seed", seed},          {"run", run.string()},       {"status", "waiting"},
              {"train_step", nullptr}, {"last", nullptr},           {"last_train_step", nullptr},
              {"best", nullptr},       {"best_train_step", nullptr}};
  if (result.is_object()) {
    row["status"] = result.at("stopped");
    row["train_step"] = result.at("train_step");
    for (const std::string name : {"last", "best"}) {
      if (!result.at(name).is_object()) continue;
      row[name] = result[name].at("value");
      row[name + "_train_step"] = result[name].at("train_step");
    }
  }
  if (failed) row["status"] = "failed";
  return row;
}

// Mean and standard error of a column over the runs that are done.
json Summary(const json& rows, const std::string& column) {
  std::vector<double> values;
  for (const json& row : rows) {
    if (IsDone(row["status"]) && row[column].is_number()) values.push_back(row[column]);
  }
  json summary = {{"runs", values.size()}, {"mean", nullptr}, {"standard_error", nullptr}};
  if (values.empty()) return summary;
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  summary["mean"] = mean;
  if (values.size() < 2) return summary;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  summary["standard_error"] = std::sqrt(squares / (count - 1) / count);
  return summary;
}

// Whether a run has made the updates that are asked for now. One that stopped early is asked again:
// its patience may be another now.
bool HasNothingToDo(const json& result, int64_t train_steps) {
  return result.is_object() && result.at("stopped") == "finished" &&
         result.at("train_step") >= train_steps;
}

rl::RunFolder OpenFolder(const TrainOptions& options) {
  if (options.resume.empty()) {
    return rl::RunFolder::Create(options.runs, {.task = options.task,
                                                .algorithm = options.algorithm,
                                                .stem = "seeds_" + LocalTimestamp()});
  }
  if (std::filesystem::exists(options.resume / "checkpoints")) {
    throw UsageError("--seeds continues a folder of runs, and " + options.resume.string() +
                     " is a single run");
  }
  return rl::RunFolder::Open(options.resume);
}

class Sweep {
 public:
  explicit Sweep(const TrainOptions& options)
      : options_(options),
        seeds_(ParseSeeds(options.seeds, options.agent.seed)),
        folder_(OpenFolder(options)),
        failed_(seeds_.size(), false) {}

  int Run(const StopSignal& stop) {
    WriteConfigurations();
    std::FILE* const out = TableStream(options_.json);
    std::fprintf(out, "runs: %s\n", folder_.path().c_str());
    std::fflush(out);
    TrainTheRest(stop);
    const json result = SweepResult(folder_.path(), seeds_, failed_);
    std::fputs(SweepTable(result).c_str(), out);
    const int status = stop.requested()                        ? stop.exit_status()
                       : std::ranges::count(failed_, true) > 0 ? 1
                                                               : 0;
    if (status != 0) {
      std::fprintf(out, "continue with: ringrl train --resume %s\n", folder_.path().c_str());
    }
    WriteJson(result, options_.json);
    return status;
  }

 private:
  void WriteConfigurations() const {
    TrainOptions run = options_;
    run.seeds.clear();
    run.jobs = 1;
    run.json.clear();
    folder_.WriteFile(kRunConfig, SavedTrainOptions(run).set().ResolvedConfig());
    // Last: a folder with a config.cfg can be resumed.
    folder_.WriteFile("config.cfg", SavedTrainOptions(options_).set().ResolvedConfig());
  }

  void TrainTheRest(const StopSignal& stop) {
    std::vector<Job> jobs;
    std::map<std::string, size_t> places;  // in seeds_
    for (size_t i = 0; i < seeds_.size(); ++i) {
      if (HasNothingToDo(ResultOf(RunOf(folder_.path(), seeds_[i])),
                         options_.trainer.train_steps)) {
        continue;
      }
      const std::string name = "s" + std::to_string(seeds_[i]);
      places[name] = i;
      jobs.push_back({.name = name,
                      .program = "/proc/self/exe",
                      .arguments = CommandFor(seeds_[i]),
                      .log = folder_.path() / (name + ".log")});
    }
    Record();
    const auto on_end = [&](const Job& job, const JobOutcome& outcome) {
      failed_[places.at(job.name)] = outcome.status != 0 && !outcome.stopped;
      Record();
      Tell(job, outcome);
    };
    RunJobs(jobs, {.num_jobs = options_.jobs, .should_stop = [&stop] { return stop.requested(); }},
            on_end);
  }

  void Tell(const Job& job, const JobOutcome& outcome) const {
    const bool failed = outcome.status != 0 && !outcome.stopped;
    std::FILE* const out = TableStream(options_.json);
    std::fprintf(out, "%s: %s after %s%s%s\n", job.name.c_str(),
                 failed            ? "failed"
                 : outcome.stopped ? "stopped"
                                   : "done",
                 FormatDuration(outcome.seconds).c_str(), failed ? ", " : "",
                 failed ? outcome.last_line.c_str() : "");
    std::fflush(out);
  }

  std::vector<std::string> CommandFor(uint64_t seed) const {
    const std::filesystem::path run = RunOf(folder_.path(), seed);
    const bool begun = std::filesystem::exists(run / "config.cfg");
    const int threads = std::max(1, options_.num_threads / options_.jobs);
    // In this order: what holds for the sweep now wins over what the run was begun with.
    return {"train", (begun ? "--resume=" : "--run-folder=") + run.string(),
            "--config=" + (folder_.path() / kRunConfig).string(), "--seed=" + std::to_string(seed),
            "--threads=" + std::to_string(threads)};
  }

  void Record() const {
    folder_.WriteFile("result.json", SweepResult(folder_.path(), seeds_, failed_).dump(2) + "\n");
  }

  const TrainOptions& options_;
  std::vector<uint64_t> seeds_;
  rl::RunFolder folder_;
  std::vector<bool> failed_;
};

}  // namespace

std::vector<uint64_t> ParseSeeds(const std::vector<std::string>& words, uint64_t first) {
  std::vector<uint64_t> seeds;
  for (const std::string& word : words) {
    SeedRange range = ParseRange(word);
    const bool is_count = words.size() == 1 && word.find('-') == std::string::npos;
    if (is_count) {
      if (range.first < 1 || range.first > kMostSeeds) {
        throw UsageError("--seeds: " + word + " is no number of seeds; to train one, use --seed");
      }
      range = {first, first + range.first - 1};
    }
    for (uint64_t seed = range.first; seed <= range.last; ++seed) {
      if (std::ranges::find(seeds, seed) != seeds.end()) {
        throw UsageError("--seeds names " + std::to_string(seed) + " twice");
      }
      seeds.push_back(seed);
    }
  }
  return seeds;
}

json SweepResult(const std::filesystem::path& folder, const std::vector<uint64_t>& seeds,
                 const std::vector<bool>& failed) {
  json result = ResultEnvelope("train");
  result["folder"] = folder.string();
  result["score"] = nullptr;
  for (size_t i = 0; i < seeds.size(); ++i) {
    const std::filesystem::path run = RunOf(folder, seeds[i]);
    result["rows"].push_back(Row(run, seeds[i], failed[i]));
    const json of_run = ResultOf(run);
    if (of_run.is_object()) result["score"] = of_run.at("score");
  }
  for (const std::string name : {"last", "best"}) result[name] = Summary(result["rows"], name);
  result["best"]["optimistic"] = true;
  return result;
}

std::string SweepTable(const json& result) {
  char line[256];
  const std::string score = result["score"].is_string() ? result["score"] : "score";
  std::snprintf(line, sizeof(line), "\n%s\n%8s %10s %10s %10s %10s  %s\n", score.c_str(), "seed",
                "steps", "last", "best", "at step", "");
  std::string table = line;
  for (const json& row : result["rows"]) {
    std::snprintf(line, sizeof(line), "%8s %10s %10s %10s %10s  %s\n", row["seed"].dump().c_str(),
                  Figure(row["train_step"], 0).c_str(), Figure(row["last"], 3).c_str(),
                  Figure(row["best"], 3).c_str(), Figure(row["best_train_step"], 0).c_str(),
                  row["status"].get<std::string>().c_str());
    table += line;
  }
  const json &last = result["last"], &best = result["best"];
  std::snprintf(
      line, sizeof(line),
      "mean and standard error of %s: last %s ± %s, best %s ± %s (optimistic: each is the "
      "evaluation it was chosen by)\n",
      last["runs"].dump().c_str(), Figure(last["mean"], 3).c_str(),
      Figure(last["standard_error"], 3).c_str(), Figure(best["mean"], 3).c_str(),
      Figure(best["standard_error"], 3).c_str());
  return table + line;
}

int RunSeedSweep(const TrainOptions& options) {
  if (PlaceInWorld().size > 1) {
    throw UsageError("--seeds starts its runs itself; leave out what has started this rank");
  }
  const StopSignal stop;
  TrainOptions resolved = options;
  resolved.task = ChooseTask(options.dataset, options.task);
  return Sweep(resolved).Run(stop);
}

}  // namespace experiments
