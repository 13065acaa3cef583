// `ringrl report RUN_DIR... --output report.html`: run folders in, one page out; and
// `ringrl report TABLE_DIR`: the report of a table that `reproduce` fills, in its folder.
#include "experiments/commands/report.h"

#include "datasets/replacement_file.h"
#include "experiments/commands/commands.h"
#include "experiments/options/option_set.h"
#include "experiments/report/run_log.h"
#include "experiments/report/run_report.h"
#include "experiments/reproduce/table_report.h"

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

namespace {

// 1 when a figure is not what the cells and runs say.
int CheckTable(const std::filesystem::path& folder) {
  const std::vector<std::string> differences = CheckTableReport(folder);
  for (const std::string& difference : differences) std::printf("%s\n", difference.c_str());
  if (differences.empty()) std::printf("%s: every figure is as printed\n", folder.c_str());
  return differences.empty() ? 0 : 1;
}

// A table's report has several files, all in its own folder.
int ReportOnTable(const std::filesystem::path& folder, bool check) {
  if (check) return CheckTable(folder);
  WriteTableReport(folder);
  std::printf("report: %s\n", (folder / "report.html").c_str());
  return 0;
}

}  // namespace

int RunReport(Arguments arguments) {
  std::vector<std::string> run_folders;
  std::filesystem::path output = "report.html";
  OptionSet options("report", "turn run folders into one self-contained HTML page");
  bool check = false;
  options.Add("run", &run_folders,
              "folders of runs, as train makes them; or one folder of a table, as reproduce does");
  options.TakePositional("run");
  options.Require("run");
  options.Add("output", &output, "the page to write; a table's report goes into its folder");
  options.Add("check", &check,
              "write nothing, but work out every figure of a table's report again, from the run "
              "folders and cells, and fail if one differs");
  if (options.Parse(arguments) == OptionSet::Outcome::kDone) return 0;

  if (run_folders.size() == 1 && IsTable(run_folders[0])) {
    return ReportOnTable(run_folders[0], check);
  }
  if (check) throw UsageError("--check takes one folder that `ringrl reproduce` has filled");
  WriteReport(run_folders, output);
  std::printf("report: %s\n", output.c_str());
  return 0;
}

}  // namespace experiments
