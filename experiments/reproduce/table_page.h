// A table's figures as one HTML page that needs no other file.
#ifndef EXPERIMENTS_REPRODUCE_TABLE_PAGE_H_
#define EXPERIMENTS_REPRODUCE_TABLE_PAGE_H_

#include "experiments/report/line_chart.h"
#include "experiments/reproduce/table_figures.h"

#include <string>

namespace experiments {

// In this order: the table under `last`, with intervals; all rows together; the other protocols;
// what `max` owes to choosing, beside the return of rollout 1..n; curves, profile and budget; the
// data; what everything rests on; and last, in the section "costs", what it took, which is all that
// differs between two machines that computed the same.
std::string TablePage(const TableFigures& table);

// The charts of the page, apart so that their numbers can be checked.
Chart CurveChart(const RowFigures& row, const std::vector<std::string>& methods);
Chart RolloutChart(const RowFigures& row, const std::vector<std::string>& methods);
Chart DataChart(const RowFigures& row);
Chart ProfileChart(const TableFigures& table);
Chart BudgetChart(const TableFigures& table);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_TABLE_PAGE_H_
