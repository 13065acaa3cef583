// `ringrl dataset validate`: every problem of a dataset file, one a line. Exit 1 when there is one.
#include "datasets/validate.h"
#include "experiments/commands/dataset.h"
#include "experiments/json_result.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "experiments/progress.h"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace experiments {
namespace {

struct ValidateOptions {
  std::filesystem::path dataset;
  std::string json;
  datasets::ValidationOptions validation;
};

}  // namespace

int RunDatasetValidate(std::span<const std::string> arguments) {
  ValidateOptions options;
  options.validation.num_threads = DefaultThreads();
  OptionSet set("dataset validate", "check every episode and list all problems");
  set.Add("dataset", &options.dataset, "HDF5 file to check");
  set.Add("threads", &options.validation.num_threads, "threads that check");
  set.Add("json", &options.json, "file for the problems as JSON, - for stdout");
  set.TakePositional("dataset");
  set.Require("dataset");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;

  const auto reader = datasets::EpisodeReader::Open(options.dataset);
  Progress progress("checking", reader.num_episodes(), "episodes");
  options.validation.on_progress = [&](int64_t done, int64_t /*total*/) { progress.Update(done); };
  const std::vector<std::string> problems = datasets::ValidateDataset(reader, options.validation);
  progress.Finish();

  nlohmann::json result = ResultEnvelope("dataset validate");
  std::FILE* out = TableStream(options.json);
  for (const std::string& problem : problems) {
    std::fprintf(out, "%s\n", problem.c_str());
    result["rows"].push_back({{"problem", problem}});
  }
  std::fprintf(out, "%s: %lld episodes, %lld steps, %zu problem%s\n", options.dataset.c_str(),
               static_cast<long long>(reader.num_episodes()),
               static_cast<long long>(reader.attributes().total_steps), problems.size(),
               problems.size() == 1 ? "" : "s");
  WriteJson(result, options.json);
  return problems.empty() ? 0 : 1;
}

}  // namespace experiments
