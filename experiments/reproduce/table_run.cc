#include "experiments/reproduce/table_run.h"

#include "datasets/replacement_file.h"
#include "experiments/environment.h"
#include "experiments/progress.h"
#include "experiments/reproduce/cell_result.h"
#include "experiments/reproduce/job_pool.h"
#include "rl/train/durable_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/file.h>

namespace experiments {
namespace {

namespace fs = std::filesystem;

void WriteText(const fs::path& path, const std::string& text) {
  datasets::WriteWholeFile(path, std::as_bytes(std::span(text)));
}

// One process fills a table at a time. The lock goes with the process.
rl::FileDescriptor LockTable(const fs::path& output) {
  fs::create_directories(output);
  rl::FileDescriptor lock(open(output.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.get() < 0 || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    throw std::invalid_argument("another process is filling the table in " + output.string() +
                                "; wait for it or stop it first");
  }
  return lock;
}

// Notes which table the folder is of, or checks that it is this one.
void ClaimFolder(const TableRecipe& recipe, const fs::path& output) {
  for (const char* name : {"cells", "data", "logs", "runs"}) fs::create_directories(output / name);
  const fs::path file = output / "table.json";
  const std::string text = ToJson(recipe).dump(2) + "\n";
  if (!fs::exists(file)) {
    std::string names;
    for (const Cell& cell : Cells(recipe)) names += cell.name() + "\n";
    WriteText(output / "jobs.txt", names);
    WriteText(file, text);
    return;
  }
  const std::vector<std::byte> before = datasets::ReadWholeFile(file);
  if (!std::ranges::equal(before, std::as_bytes(std::span(text)))) {
    throw std::invalid_argument(output.string() + " holds a table of another recipe than " +
                                recipe.folder.string() +
                                "; give another --output, or the recipe it was begun with");
  }
}

// The log of all attempts: cell, when, seconds, how it ended.
class Attempts {
 public:
  explicit Attempts(fs::path path) : path_(std::move(path)) {
    std::ifstream stream(path_);
    for (std::string line; std::getline(stream, line);) {
      std::istringstream cells(line);
      std::string name, date, seconds;
      std::getline(cells, name, ',');
      std::getline(cells, date, ',');
      std::getline(cells, seconds, ',');
      if (name != "cell" && !seconds.empty()) seconds_[name] += std::stod(seconds);
    }
  }

  void Add(const std::string& cell, const JobOutcome& outcome) {
    const bool is_new = !fs::exists(path_);
    std::ofstream stream(path_, std::ios::app);
    if (is_new) stream << "cell,ended,seconds,status\n";
    const double tenths = std::round(outcome.seconds * 10) / 10;
    stream << cell << "," << UtcDate() << "," << tenths << "," << outcome.status << "\n";
    seconds_[cell] += tenths;
  }

  double Seconds(const std::string& cell) const {
    const auto found = seconds_.find(cell);
    return found == seconds_.end() ? 0 : found->second;
  }

 private:
  fs::path path_;
  std::map<std::string, double> seconds_;
};

// Of one cell: from nothing, or from where its run stands.
std::vector<std::string> TrainArguments(const TableRecipe& recipe, const Cell& cell,
                                        const TableRunOptions& options, int num_threads) {
  const fs::path& output = options.data.output;
  const fs::path run = RunOfCell(output, cell);
  // What depends on the place is always given: a saved configuration may be of another machine.
  std::vector<std::string> arguments{
      "train", "--dataset=" + DatasetOf(cell.row, options.data).string(),
      "--assets=" + options.data.assets.string(), "--threads=" + std::to_string(num_threads)};
  if (!run.empty()) {
    arguments.push_back("--resume=" + run.string());
    return arguments;
  }
  const auto file = [&](const std::string& name) {
    return (recipe.folder / (name + ".cfg")).string();
  };
  arguments.insert(arguments.end(),
                   {"--config=" + file("common"), "--config=" + file(cell.method),
                    "--task=" + cell.row.task, "--seed=" + std::to_string(cell.seed),
                    "--runs=" + (output / "runs" / cell.name()).string()});
  return arguments;
}

// Fills the cells of one call.
class Filling {
 public:
  Filling(const TableRecipe& recipe, const TableRunOptions& options)
      : recipe_(recipe),
        options_(options),
        output_(options.data.output),
        attempts_(output_ / "attempts.csv") {
    for (const Cell& cell : ChosenCells(recipe, options.only)) cells_[cell.name()] = cell;
    result_.chosen = std::ssize(cells_);
  }

  TableRunResult Run() {
    const std::vector<Cell> open = OpenCells();
    Say(std::to_string(result_.finished) + " of " + std::to_string(result_.chosen) +
        " cells are done");
    if (!open.empty() && Prepare(open)) Train(open);
    return result_;
  }

 private:
  // In the recipe's order, without those that are done or need only be written down.
  std::vector<Cell> OpenCells() {
    std::vector<Cell> open;
    for (const Cell& cell : ChosenCells(recipe_, options_.only)) {
      if (fs::exists(CellFile(cell)) || WriteIfFinished(cell)) {
        ++result_.finished;
      } else {
        open.push_back(cell);
      }
    }
    return open;
  }

  bool Prepare(const std::vector<Cell>& cells) {
    std::vector<TableRow> rows;
    for (const Cell& cell : cells) rows.push_back(cell.row);
    const std::vector<Job> jobs = PrepareData(rows, options_.data);
    bool ready = true;
    // One builds on the other: nothing follows a failure.
    const auto should_stop = [&] { return !ready || Stopped(); };
    RunJobs(jobs, {.num_jobs = 1, .should_stop = should_stop},
            [&](const Job& job, const JobOutcome& outcome) {
              ready = ready && outcome.status == 0;
              if (outcome.status == 0) Say(job.name + "  " + FormatDuration(outcome.seconds));
              if (outcome.status != 0 && !outcome.stopped) Fail(job, outcome);
            });
    return ready && !Stopped();
  }

  void Train(const std::vector<Cell>& cells) {
    const int num_threads = std::max(1, options_.data.num_threads / options_.num_jobs);
    std::vector<Job> jobs;
    for (const Cell& cell : cells) {
      const auto hours = std::chrono::duration<double, std::ratio<3600>>(recipe_.timeout_hours);
      jobs.push_back({.name = cell.name(),
                      .program = options_.data.program,
                      .arguments = TrainArguments(recipe_, cell, options_, num_threads),
                      .log = output_ / "logs" / (cell.name() + ".log"),
                      .timeout = std::chrono::duration_cast<std::chrono::seconds>(hours)});
    }
    RunJobs(jobs, {.num_jobs = options_.num_jobs, .should_stop = options_.should_stop},
            [this](const Job& job, const JobOutcome& outcome) { EndCell(job, outcome); });
  }

  void EndCell(const Job& job, const JobOutcome& outcome) {
    attempts_.Add(job.name, outcome);
    if (outcome.status != 0) {
      if (!outcome.stopped) Fail(job, outcome);
      return;
    }
    if (!WriteIfFinished(cells_.at(job.name))) {
      result_.failures.push_back(job.name + " ended without an evaluation at its last step; see " +
                                 job.log.string());
      return;
    }
    ++result_.finished;
    Say(std::to_string(result_.finished) + "/" + std::to_string(result_.chosen) + "  " + job.name +
        "  " + FormatDuration(outcome.seconds));
  }

  void Fail(const Job& job, const JobOutcome& outcome) {
    std::string failure = job.name;
    failure += outcome.timed_out ? " took longer than its time-out; call again to continue it"
                                 : " failed with exit status " + std::to_string(outcome.status);
    if (!outcome.last_line.empty()) failure += ": " + outcome.last_line;
    Say(failure);
    result_.failures.push_back(failure + " (" + job.log.string() + ")");
  }

  fs::path CellFile(const Cell& cell) const { return output_ / "cells" / (cell.name() + ".json"); }

  // A call may have been stopped between the end of a run and this.
  bool WriteIfFinished(const Cell& cell) {
    const fs::path run = RunOfCell(output_, cell);
    if (run.empty()) return false;
    std::optional<CellResult> result;
    try {
      result = ResultOfRun(cell, run);
    } catch (const std::invalid_argument&) {
      return false;  // not finished: it goes on from its checkpoint
    }
    result->costs.seconds = attempts_.Seconds(cell.name());
    WriteText(CellFile(cell), ToJson(*result).dump() + "\n");
    return true;
  }

  bool Stopped() const { return options_.should_stop && options_.should_stop(); }
  void Say(const std::string& line) const {
    if (options_.say) options_.say(line);
  }

  const TableRecipe& recipe_;
  const TableRunOptions& options_;
  fs::path output_;
  Attempts attempts_;
  std::map<std::string, Cell> cells_;
  TableRunResult result_;
};

}  // namespace

TableRunResult RunTable(const TableRecipe& recipe, const TableRunOptions& options) {
  const rl::FileDescriptor lock = LockTable(options.data.output);
  ClaimFolder(recipe, options.data.output);
  return Filling(recipe, options).Run();
}

fs::path RunOfCell(const fs::path& table, const Cell& cell) {
  const fs::path runs = table / "runs" / cell.name();
  fs::path newest;
  if (!fs::is_directory(runs)) return newest;
  for (const auto& entry : fs::recursive_directory_iterator(runs)) {
    const fs::path folder = entry.path().parent_path();
    const bool is_run = entry.path().filename() == "config.cfg";
    if (is_run && (newest.empty() || folder.filename() > newest.filename())) newest = folder;
  }
  return newest;
}

}  // namespace experiments
