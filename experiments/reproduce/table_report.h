// The report of a table's folder: written from its finished cells, and checked against them.
#ifndef EXPERIMENTS_REPRODUCE_TABLE_REPORT_H_
#define EXPERIMENTS_REPRODUCE_TABLE_REPORT_H_

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace experiments {

// Whether `folder` is one that `reproduce` fills.
bool IsTable(const std::filesystem::path& folder);

// The report's files by name: report.html, report.md, report.tex, table.csv, scores.csv,
// aggregates.csv, costs.csv.
// Equal cells give equal bytes. Throws std::invalid_argument when no cell is finished.
std::map<std::string, std::string> RenderTableReport(const std::filesystem::path& folder);

// Writes them into the folder, each whole or not at all.
void WriteTableReport(const std::filesystem::path& folder);

// Works every figure out again: cells from the run folders that are still there (all but what they
// cost), then the report from the cells. Returns a sentence per difference; none: all is as
// printed.
std::vector<std::string> CheckTableReport(const std::filesystem::path& folder);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_TABLE_REPORT_H_
