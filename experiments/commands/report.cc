// `ringrl report RUN_DIR... --output report.html`: run folders in, one page out.
#include "experiments/commands/report.h"

#include "datasets/replacement_file.h"
#include "experiments/commands/commands.h"
#include "experiments/options/option_set.h"
#include "experiments/report/run_log.h"
#include "experiments/report/run_report.h"

#include <cstdio>
#include <span>
#include <vector>

namespace experiments {

void WriteReport(const std::vector<std::string>& run_folders, const std::filesystem::path& output) {
  std::vector<RunLog> runs;
  for (const std::string& folder : run_folders) runs.push_back(ReadRun(folder));
  const std::string page = RenderReport(runs);
  if (output.has_parent_path()) std::filesystem::create_directories(output.parent_path());
  datasets::WriteWholeFile(output, std::as_bytes(std::span(page)));
}

int RunReport(Arguments arguments) {
  std::vector<std::string> run_folders;
  std::filesystem::path output = "report.html";
  OptionSet options("report", "turn run folders into one self-contained HTML page");
  options.Add("run", &run_folders, "folders of runs, as train makes them");
  options.TakePositional("run");
  options.Require("run");
  options.Add("output", &output, "the page to write");
  if (options.Parse(arguments) == OptionSet::Outcome::kDone) return 0;

  WriteReport(run_folders, output);
  std::printf("report: %s\n", output.c_str());
  return 0;
}

}  // namespace experiments
