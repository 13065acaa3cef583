#include "experiments/reproduce/table_data.h"

#include "datasets/catalog.h"
#include "datasets/episode_reader.h"
#include "experiments/reproduce/cartpole_data.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace experiments {
namespace {

namespace fs = std::filesystem;

constexpr int kMadeEpisodes = 100;
constexpr uint64_t kMadeSeed = 1;

std::string DomainOf(const TableRow& row) {
  return std::string(datasets::FindTask(row.task).domain);
}

std::string StemOf(const TableRow& row) { return DomainOf(row) + "_" + row.collector; }

fs::path ImportedFile(const TableRow& row, const TableDataOptions& options) {
  return options.output / "data" / (StemOf(row) + ".hdf5");
}

// The user's own dataset of this row; empty where there is none.
fs::path GivenFile(const TableRow& row, const TableDataOptions& options) {
  if (options.data.empty()) return {};
  for (const fs::path& name :
       {fs::path(StemOf(row) + ".hdf5"), fs::path(DomainOf(row)) / (row.collector + ".hdf5")}) {
    if (fs::exists(options.data / name)) return options.data / name;
  }
  return {};
}

// The user's ExoRL files of this row.
fs::path GivenEpisodes(const TableRow& row, const TableDataOptions& options) {
  const fs::path stem = options.data / DomainOf(row) / row.collector;
  const fs::path zip = stem.string() + ".zip";
  if (!options.data.empty() && fs::is_directory(stem)) return stem;
  if (!options.data.empty() && fs::exists(zip)) return zip;
  throw std::invalid_argument(
      "no data for " + row.name() + ": " +
      (options.data.empty()
           ? "give --data FOLDER with " + DomainOf(row) + "/" + row.collector + ".zip in it"
           : "there is no " + stem.string() + "{.zip,/,.hdf5} and no " +
                 (options.data / (StemOf(row) + ".hdf5")).string()));
}

Job DatasetJob(const TableRow& row, const std::string& verb, std::vector<std::string> arguments,
               const TableDataOptions& options) {
  arguments.insert(arguments.begin(), {"dataset", verb});
  arguments.push_back("--threads=" + std::to_string(options.num_threads));
  return {.name = verb + " " + StemOf(row),
          .program = options.program,
          .arguments = std::move(arguments),
          .log = options.output / "logs" / ("data." + StemOf(row) + ".log")};
}

Job ImportJob(const TableRow& row, const TableDataOptions& options) {
  return DatasetJob(row, "import",
                    {"--domain=" + DomainOf(row), "--collector=" + row.collector,
                     "--input=" + GivenEpisodes(row, options).string(),
                     "--output=" + ImportedFile(row, options).string(),
                     "--limit=" + std::to_string(options.episodes)},
                    options);
}

Job RelabelJob(const TableRow& row, const TableDataOptions& options) {
  return DatasetJob(
      row, "relabel",
      {ImportedFile(row, options).string(), "--tasks=all", "--assets=" + options.assets.string()},
      options);
}

bool HasRewardsOfAllTasks(const fs::path& file) {
  const datasets::EpisodeReader reader = datasets::EpisodeReader::Open(file);
  return reader.tasks().size() >= datasets::FindDomain(reader.attributes().domain).tasks.size();
}

void MakeData(const TableRow& row, const TableDataOptions& options) {
  const int episodes = options.episodes > 0 ? static_cast<int>(options.episodes) : kMadeEpisodes;
  MakeCartpoleData({.assets = options.assets,
                    .num_episodes = episodes,
                    .seed = kMadeSeed,
                    .num_threads = options.num_threads},
                   "ringrl reproduce", ImportedFile(row, options));
}

}  // namespace

fs::path DatasetOf(const TableRow& row, const TableDataOptions& options) {
  const fs::path given = GivenFile(row, options);
  return given.empty() ? ImportedFile(row, options) : given;
}

std::vector<Job> PrepareData(const std::vector<TableRow>& rows, const TableDataOptions& options) {
  std::vector<Job> jobs;
  std::set<std::string> seen;
  for (const TableRow& row : rows) {
    if (!seen.insert(StemOf(row)).second || !GivenFile(row, options).empty()) continue;
    const fs::path imported = ImportedFile(row, options);
    if (row.collector == kMadeHere) {
      if (!fs::exists(imported)) MakeData(row, options);
      continue;
    }
    if (!fs::exists(imported)) jobs.push_back(ImportJob(row, options));
    if (!fs::exists(imported) || !HasRewardsOfAllTasks(imported)) {
      jobs.push_back(RelabelJob(row, options));
    }
  }
  return jobs;
}

}  // namespace experiments
