// A table's figures as text for other documents: Markdown, LaTeX, CSV.
//
// All print the same numbers to the same digits, and nothing that differs between two machines that
// computed the same: what a table took is in costs.csv alone.
#ifndef EXPERIMENTS_REPRODUCE_TABLE_TEXT_H_
#define EXPERIMENTS_REPRODUCE_TABLE_TEXT_H_

#include "experiments/reproduce/table_figures.h"

#include <string>

namespace experiments {

std::string TableMarkdown(const TableFigures& table);
std::string TableLatex(const TableFigures& table);  // a tabular; needs booktabs

// A line per row, method and protocol: estimates, intervals, best and last, raw and normalised.
std::string TableCsv(const TableFigures& table);
// A line per row, method, protocol and seed: the scores everything else is made of.
std::string ScoresCsv(const TableFigures& table);
// A line per method and figure over all rows: normalised, under `last`.
std::string AggregatesCsv(const TableFigures& table);
std::string CostsCsv(const TableFigures& table);

// "480.9", or "480.9 [452.1, 503.0]" where there is an interval.
std::string EstimateText(const Estimate& estimate, int decimals);

// "1 seed", "3 seeds".
std::string CountText(size_t count, const std::string& noun);

// The method with the highest mean in a row, under a protocol.
std::string BestMethod(const RowFigures& row, size_t protocol);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_TABLE_TEXT_H_
