// The charts of a table's page: figures in, lines and bars out.
#include "experiments/reproduce/table_page.h"

#include <limits>

namespace experiments {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

void AddPoint(Series& series, double x, const Estimate& estimate) {
  series.x.push_back(x);
  series.y.push_back(estimate.value);
  series.low.push_back(estimate.interval ? estimate.interval->low : kNone);
  series.high.push_back(estimate.interval ? estimate.interval->high : kNone);
}

std::string Title(const RowFigures& row) { return row.row.task + ", " + row.row.collector; }

// A method has the same color in every chart of a page.
Series SeriesOf(const std::vector<std::string>& methods, size_t place) {
  return {.name = methods[place],
          .x = {},
          .y = {},
          .mark = Series::Mark::kLineAndDots,
          .color = static_cast<int>(place % 8)};
}

}  // namespace

Chart CurveChart(const RowFigures& row, const std::vector<std::string>& methods) {
  Chart chart{.title = Title(row),
              .x_label = "share of training, %",
              .y_label = "return of the last rollout",
              .series = {},
              .references = {{"best in the data", row.data.max}}};
  for (size_t i = 0; i < methods.size(); ++i) {
    const auto found = row.methods.find(methods[i]);
    if (found == row.methods.end()) continue;
    Series series = SeriesOf(methods, i);
    for (const CurvePoint& point : found->second.curve) {
      AddPoint(series, 100 * point.share, point.episode_return);
    }
    chart.series.push_back(series);
  }
  return chart;
}

Chart RolloutChart(const RowFigures& row, const std::vector<std::string>& methods) {
  Chart chart{.title = Title(row),
              .x_label = "rollout within the context",
              .y_label = "mean return",
              .series = {},
              .references = {},
              .margin_x = true};
  for (size_t i = 0; i < methods.size(); ++i) {
    const auto found = row.methods.find(methods[i]);
    if (found == row.methods.end()) continue;
    Series series = SeriesOf(methods, i);
    for (const double value : found->second.by_rollout) {
      series.x.push_back(static_cast<double>(series.x.size()) + 1);
      series.y.push_back(value);
    }
    chart.series.push_back(series);
  }
  return chart;
}

Chart DataChart(const RowFigures& row) {
  const auto bins = static_cast<double>(row.data.histogram.size());
  Series bars{.name = "",
              .x = {},
              .y = {},
              .mark = Series::Mark::kBars,
              .bar_width = (row.data.max - row.data.min) / bins};
  for (const int64_t count : row.data.histogram) {
    const double place = static_cast<double>(bars.x.size()) + 0.5;
    bars.x.push_back(row.data.min + place * bars.bar_width);
    bars.y.push_back(static_cast<double>(count));
  }
  return {.title = Title(row),
          .x_label = "return",
          .y_label = "episodes",
          .series = {bars},
          .references = {}};
}

Chart ProfileChart(const TableFigures& table) {
  Chart chart{.title = "Performance profile",
              .x_label = "normalised score, %",
              .y_label = "share of runs above it",
              .series = {},
              .references = {},
              .from_zero = true};
  const std::vector<double> thresholds = ProfileThresholds();
  for (size_t i = 0; i < table.aggregates.size(); ++i) {
    Series series = SeriesOf(table.methods, i);
    series.mark = Series::Mark::kLine;
    for (size_t place = 0; place < thresholds.size(); ++place) {
      AddPoint(series, 100 * thresholds[place], table.aggregates[i].profile[place]);
    }
    chart.series.push_back(series);
  }
  return chart;
}

Chart BudgetChart(const TableFigures& table) {
  Chart chart{.title = "What choosing by evaluation gains",
              .x_label = "policies evaluated",
              .y_label = "expected best normalised score",
              .series = {},
              .references = {},
              .margin_x = true};
  for (size_t i = 0; i < table.aggregates.size(); ++i) {
    Series series = SeriesOf(table.methods, i);
    for (const double best : table.aggregates[i].best_by_budget) {
      series.x.push_back(static_cast<double>(series.x.size()) + 1);
      series.y.push_back(best);
    }
    chart.series.push_back(series);
  }
  return chart;
}

}  // namespace experiments
