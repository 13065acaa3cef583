// `ringrl dataset export`: a dataset file for other programs.
#include "datasets/exorl_export.h"
#include "datasets/minari_export.h"
#include "experiments/commands/dataset.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "experiments/progress.h"

#include <cstdio>
#include <filesystem>
#include <string>

namespace experiments {
namespace {

struct ExportOptions {
  std::string format = "minari";
  std::filesystem::path dataset, output;
  datasets::MinariExportOptions minari;
  int num_threads = DefaultThreads();
};

OptionSet DeclareOptions(ExportOptions& options) {
  OptionSet set("dataset export", "convert a dataset file for Minari, or back to ExoRL's files");
  set.AddChoice("format", &options.format, {"minari", "exorl"}, "what to write");
  set.Add("dataset", &options.dataset, "HDF5 file to convert");
  set.Add(
      "output", &options.output,
      "folder to make. minari: ROOT/NAME-v0 loads as NAME-v0 when MINARI_DATASETS_PATH is ROOT. "
      "exorl: the .npz files go to its buffer folder");
  set.Add("dataset-id", &options.minari.dataset_id,
          "minari: namespace/name-v0; empty: the output folder's name");
  set.Add("copy", &options.minari.copy, "minari: copy the HDF5 file instead of linking to it");
  set.Add("threads", &options.num_threads, "exorl: threads that write");
  set.Require("dataset");
  set.Require("output");
  return set;
}

void ExportAsMinari(const datasets::EpisodeReader& reader, const ExportOptions& options) {
  const std::string id = datasets::ExportMinari(reader, options.output, options.minari);
  std::printf("wrote       %s\n", options.output.c_str());
  std::printf(
      "load        minari.MinariDataset(\"%s\"), or minari.load_dataset(\"%s\") from its "
      "root\n",
      (options.output / "data").c_str(), id.c_str());
}

void ExportAsExorl(const datasets::EpisodeReader& reader, const ExportOptions& options) {
  Progress progress("exporting", reader.num_episodes(), "episodes");
  datasets::ExportExorl(reader, options.output,
                        {.num_threads = options.num_threads,
                         .on_progress = [&](int64_t done, int64_t) { progress.Update(done); }});
  progress.Finish();
  std::printf("wrote       %s (%lld episodes)\n", (options.output / "buffer").c_str(),
              static_cast<long long>(reader.num_episodes()));
}

}  // namespace

int RunDatasetExport(std::span<const std::string> arguments) {
  ExportOptions options;
  OptionSet set = DeclareOptions(options);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  const auto reader = datasets::EpisodeReader::Open(options.dataset);
  if (options.format == "minari") {
    ExportAsMinari(reader, options);
  } else {
    ExportAsExorl(reader, options);
  }
  return 0;
}

}  // namespace experiments
