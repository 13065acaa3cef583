// The report on one or several runs: one HTML page that stands alone.
//
// For each run: the result in four numbers, learning curves, the evaluation under all protocols,
// the return of each rollout within the context, pictures of one if there are any, the data it
// learned from, its configuration and the machine. Several runs begin with a table that compares
// them.
#ifndef EXPERIMENTS_REPORT_RUN_REPORT_H_
#define EXPERIMENTS_REPORT_RUN_REPORT_H_

#include "experiments/report/line_chart.h"
#include "experiments/report/run_log.h"

#include <span>
#include <string>

namespace experiments {

// REQUIRES: at least one run.
std::string RenderReport(std::span<const RunLog> runs);

// The charts of a run, apart so that their numbers can be checked.
Chart LossChart(const RunLog& run);
Chart ReturnChart(const RunLog& run);
Chart RolloutChart(const RunLog& run);

}  // namespace experiments

#endif  // EXPERIMENTS_REPORT_RUN_REPORT_H_
