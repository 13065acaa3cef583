// The three charts of a run: loss, return over training, return of each rollout in the context.
#include "experiments/report/run_report.h"

#include <algorithm>
#include <cmath>

namespace experiments {
namespace {

Series Curve(const CsvTable& table, const std::string& column, const std::string& name) {
  Series series;
  series.name = name;
  const std::vector<double>& steps = table.Column("train_step");
  const std::vector<double>& values = table.Column(column);
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    series.x.push_back(steps[i]);
    series.y.push_back(values[i]);
  }
  return series;
}

// A loss that falls by more than this is drawn on a logarithmic axis: its start would otherwise
// press the rest against the floor.
constexpr double kLogRatio = 8;

void AddDataReferences(const RunLog& run, Chart& chart) {
  if (!run.data_returns) return;
  chart.references.push_back({"best in the data", run.data_returns->max});
  chart.references.push_back({"median of the data", run.data_returns->median});
}

}  // namespace

Chart LossChart(const RunLog& run) {
  Chart chart;
  chart.title = "Loss";
  chart.y_label = "mean squared error of the action";
  chart.x_label = "training step";
  chart.series = {Curve(run.train, "loss", "training"),
                  Curve(run.train, "validation_loss", "validation")};
  chart.series[1].color = 1;
  if (chart.series[1].y.empty()) chart.series.pop_back();
  if (chart.series[0].y.size() > 1) {
    const auto [low, high] = std::ranges::minmax(chart.series[0].y);
    chart.log_y = high > kLogRatio * low;
  }
  chart.from_zero = !chart.log_y;
  return chart;
}

Chart ReturnChart(const RunLog& run) {
  Chart chart;
  chart.title = "Return over training";
  chart.y_label = "mean over chains";
  chart.x_label = "training step";
  chart.from_zero = true;
  for (size_t i = 0; i < kProtocolNames.size(); ++i) {
    const std::string protocol(kProtocolNames[i]);
    Series series = Curve(run.eval, protocol + "_mean", protocol);
    series.mark = Series::Mark::kLineAndDots;
    series.color = static_cast<int>(i);
    chart.series.push_back(series);
  }
  AddDataReferences(run, chart);
  return chart;
}

Chart RolloutChart(const RunLog& run) {
  Chart chart;
  chart.title = "Return of each rollout within the context";
  chart.y_label = "rising means learning in context";
  chart.x_label = "rollout";
  chart.from_zero = true;
  chart.margin_x = true;
  Series chains{.name = "single chains", .x = {}, .y = {}, .mark = Series::Mark::kDots, .color = 0};
  Series means{
      .name = "mean over chains", .x = {}, .y = {}, .mark = Series::Mark::kLineAndDots, .color = 0};
  if (run.evaluation && !run.evaluation->returns.empty()) {
    const auto& returns = run.evaluation->returns;
    const size_t num_rollouts = returns[0].size();
    for (size_t rollout = 0; rollout < num_rollouts; ++rollout) {
      double sum = 0;
      for (size_t chain = 0; chain < returns.size(); ++chain) {
        // Chains stand side by side, so that equal returns do not hide one another.
        const double place =
            (static_cast<double>(chain) + 0.5) / static_cast<double>(returns.size());
        chains.x.push_back(static_cast<double>(rollout) + 1 + 0.4 * (place - 0.5));
        chains.y.push_back(returns[chain].at(rollout));
        sum += returns[chain].at(rollout);
      }
      means.x.push_back(static_cast<double>(rollout) + 1);
      means.y.push_back(sum / static_cast<double>(returns.size()));
    }
  }
  chart.series = {chains, means};
  AddDataReferences(run, chart);
  return chart;
}

}  // namespace experiments
