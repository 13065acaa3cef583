// `ringrl dataset import`: ExoRL episodes in, one HDF5 file out.
#include "datasets/catalog.h"
#include "datasets/exorl_import.h"
#include "experiments/commands/dataset.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "experiments/progress.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace experiments {
namespace {

// More files than this may be wrong in the same way; the first ones tell it.
constexpr size_t kSkippedShown = 20;

struct ImportOptions {
  std::string format = "exorl";
  std::filesystem::path input, output;
  datasets::ExorlImportOptions exorl;
};

OptionSet DeclareOptions(ImportOptions& options) {
  OptionSet set("dataset import", "convert an ExoRL folder or zip into one HDF5 file");
  set.AddChoice("format", &options.format, {"exorl"}, "what the input is");
  std::vector<std::string> domains;
  for (const datasets::DomainInfo& domain : datasets::Domains()) domains.emplace_back(domain.name);
  set.AddChoice("domain", &options.exorl.domain, domains, "domain of the episodes");
  set.Add("input", &options.input,
          "folder with episode_<index>_<length>.npz files, in it or in its buffer folder, or the "
          "downloaded .zip");
  set.Add("output", &options.output, "HDF5 file to write; an existing one is replaced at the end");
  set.Add("collector", &options.exorl.collector,
          "algorithm that collected the data; empty: the name of the input folder or zip");
  set.Add("task", &options.exorl.task,
          "task whose reward the files hold, e.g. walker_walk; \"collected\" when unknown");
  set.Add("limit", &options.exorl.limit, "episodes to take, from the first; 0 for all");
  set.Add("skip-bad", &options.exorl.skip_bad,
          "leave bad files out and list them, instead of stopping at the first");
  set.Add("compress", &options.exorl.compress,
          "shuffle and deflate: about 6 % smaller, half as fast to read");
  set.Add("threads", &options.exorl.num_threads, "threads that read and inflate");
  set.Require("domain");
  set.Require("input");
  set.Require("output");
  return set;
}

void Report(const datasets::ExorlImportResult& result, const ImportOptions& options,
            double seconds) {
  for (size_t i = 0; i < result.skipped.size() && i < kSkippedShown; ++i) {
    std::fprintf(stderr, "skipped %s\n", result.skipped[i].reason.c_str());
  }
  if (result.skipped.size() > kSkippedShown) {
    std::fprintf(stderr, "skipped %zu more\n", result.skipped.size() - kSkippedShown);
  }
  if (options.exorl.collector.empty()) {
    std::printf("collector   %s (from the input's name; --collector says otherwise)\n",
                result.collector.c_str());
  }
  const auto bytes = static_cast<double>(result.array_bytes);
  std::printf("imported    %lld episodes, %lld steps, %s of arrays in %s (%.0f MB/s)\n",
              static_cast<long long>(result.num_episodes), static_cast<long long>(result.num_steps),
              FormatBytes(bytes).c_str(), FormatDuration(seconds).c_str(), bytes / 1e6 / seconds);
  if (!result.skipped.empty()) std::printf("skipped     %zu bad files\n", result.skipped.size());
  std::printf("wrote       %s\n", options.output.c_str());
}

}  // namespace

int RunDatasetImport(std::span<const std::string> arguments) {
  ImportOptions options;
  options.exorl.num_threads = DefaultThreads();
  OptionSet set = DeclareOptions(options);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;

  const datasets::ExorlSource source = datasets::ExorlSource::Open(options.input);
  auto total = static_cast<int64_t>(source.files().size());
  if (options.exorl.limit > 0) total = std::min(total, options.exorl.limit);
  Progress progress("importing", total, "episodes");
  options.exorl.on_progress = [&](int64_t done, int64_t) { progress.Update(done); };
  const auto start = std::chrono::steady_clock::now();
  const datasets::ExorlImportResult result =
      datasets::ImportExorl(source, options.output, options.exorl);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  progress.Finish();
  Report(result, options, elapsed.count());
  return 0;
}

}  // namespace experiments
