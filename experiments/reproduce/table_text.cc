#include "experiments/reproduce/table_text.h"

#include "experiments/report/html.h"

#include <cmath>
#include <limits>

namespace experiments {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// A number in CSV: enough digits for every purpose, an empty cell for none.
std::string CsvNumber(double value, int decimals = 4) {
  return std::isfinite(value) ? FormatNumber(value, decimals) : "";
}

std::string Low(const Estimate& estimate, int decimals = 4) {
  return CsvNumber(estimate.interval ? estimate.interval->low : kNone, decimals);
}

std::string High(const Estimate& estimate, int decimals = 4) {
  return CsvNumber(estimate.interval ? estimate.interval->high : kNone, decimals);
}

std::string MarkdownRow(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string MarkdownHead(const std::vector<std::string>& names) {
  return MarkdownRow(names) + MarkdownRow(std::vector<std::string>(names.size(), "---"));
}

std::string RowName(const RowFigures& row) { return row.row.task + "@" + row.CollectorText(); }

std::string MarkdownScores(const TableFigures& table, size_t protocol) {
  std::vector<std::string> head{"task @ data"};
  head.insert(head.end(), table.methods.begin(), table.methods.end());
  std::string text = MarkdownHead(head);
  for (const RowFigures* const place : PrintedRows(table)) {
    const RowFigures& row = *place;
    std::vector<std::string> cells{RowName(row)};
    const std::string best = BestMethod(row, protocol);
    for (const std::string& method : table.methods) {
      const auto found = row.methods.find(method);
      std::string cell = "–";
      if (found != row.methods.end()) {
        cell = EstimateText(found->second.protocols[protocol].mean, 1);
      }
      cells.push_back(method == best ? "**" + cell + "**" : cell);
    }
    text += MarkdownRow(cells);
  }
  return text + "\n";
}

std::string MarkdownRollouts(const TableFigures& table) {
  std::string text = MarkdownHead({"task @ data", "method", "first", "max",
                                   "max of independent rollouts", "return of rollout 1, 2, ..."});
  for (const RowFigures* const place : PrintedRows(table)) {
    const RowFigures& row = *place;
    for (const std::string& method : table.methods) {
      const auto found = row.methods.find(method);
      if (found == row.methods.end()) continue;
      const MethodFigures& figures = found->second;
      std::string by_rollout;
      for (const double value : figures.by_rollout) {
        by_rollout += (by_rollout.empty() ? "" : ", ") + FormatNumber(value, 1);
      }
      text +=
          MarkdownRow({RowName(row), method, FormatNumber(figures.protocols[kFirst].mean.value, 1),
                       FormatNumber(figures.protocols[kMax].mean.value, 1),
                       FormatNumber(figures.independent_max, 1), by_rollout});
    }
  }
  return text + "\n";
}

std::string MarkdownAggregates(const TableFigures& table) {
  std::string text = MarkdownHead({"method", "interquartile mean", "mean", "optimality gap",
                                   "probability that " + table.methods[0] + " is better"});
  for (const AggregateFigures& method : table.aggregates) {
    text += MarkdownRow({method.method, EstimateText(method.interquartile_mean, 3),
                         EstimateText(method.mean, 3), EstimateText(method.optimality_gap, 3),
                         method.beaten_by_first ? EstimateText(*method.beaten_by_first, 2) : "–"});
  }
  return text + "\n";
}

std::string MarkdownData(const TableFigures& table) {
  std::string text = MarkdownHead({"task @ data", "episodes", "lowest", "median", "mean", "best",
                                   "0 is", "1 is", "SHA-256 of the content"});
  for (const RowFigures& row : table.rows) {
    text += MarkdownRow({row.row.name(), std::to_string(row.data.num_episodes),
                         FormatNumber(row.data.min, 1), FormatNumber(row.data.median, 1),
                         FormatNumber(row.data.mean, 1), FormatNumber(row.data.max, 1),
                         FormatNumber(row.random_return, 1), FormatNumber(row.highest_return, 1),
                         "`" + row.data_sha256 + "`"});
  }
  return text + "\n";
}

// LaTeX's own characters.
std::string LatexText(const std::string& text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '_' || letter == '&' || letter == '%' || letter == '#') escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

}  // namespace

std::string EstimateText(const Estimate& estimate, int decimals) {
  std::string text = FormatNumber(estimate.value, decimals);
  if (!estimate.interval) return text;
  return text + " [" + FormatNumber(estimate.interval->low, decimals) + ", " +
         FormatNumber(estimate.interval->high, decimals) + "]";
}

std::string CountText(size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string BestMethod(const RowFigures& row, size_t protocol) {
  std::string best;
  double highest = -std::numeric_limits<double>::infinity();
  for (const auto& [method, figures] : row.methods) {
    const double value = figures.protocols[protocol].mean.value;
    if (value > highest) best = method;
    highest = std::max(highest, value);
  }
  return best;
}

std::string TableMarkdown(const TableFigures& table) {
  std::string text = "# " + table.title + "\n\n";
  text += std::to_string(table.finished) + " of " + std::to_string(table.planned) +
          " cells. A score is the mean of a run's last three evaluations of " +
          std::to_string(table.chains) + " chains of " + std::to_string(table.rollouts) +
          " rollouts in one context, in the task's own unit; then the mean over " +
          CountText(table.seeds.size(), "seed") +
          " with its 95 % interval (stratified bootstrap; none under three seeds). Bold: the "
          "highest mean of a row.\n\n";
  constexpr std::array<std::string_view, kNumProtocols> kMeaning = {
      "the first rollout, nothing in context yet", "the last rollout, all earlier ones in context",
      "mean of all rollouts", "best of all rollouts, which flatters any policy"};
  for (const size_t protocol : {kLast, kFirst, kMean, kMax}) {
    text += "## " + std::string(kProtocolNames[protocol]) + ": " + std::string(kMeaning[protocol]) +
            "\n\n" + MarkdownScores(table, protocol);
  }
  text += "## What max owes to choosing\n\n" + MarkdownRollouts(table);
  if (!table.aggregates.empty()) {
    text += "## All rows together, normalised, under last\n\n" + MarkdownAggregates(table);
  }
  text += "## Data\n\n" + MarkdownData(table);
  text += "Made by";
  for (const std::string& program : table.programs) text += " RingRL " + program;
  return text + ".\n";
}

std::string TableLatex(const TableFigures& table) {
  std::string text = "% " + table.title + ". Protocol: last. Needs booktabs.\n\\begin{tabular}{l" +
                     std::string(table.methods.size(), 'r') + "}\n\\toprule\ntask, data";
  for (const std::string& method : table.methods) text += " & " + LatexText(method);
  text += " \\\\\n\\midrule\n";
  for (const RowFigures* const place : PrintedRows(table)) {
    const RowFigures& row = *place;
    text += LatexText(row.row.task) + ", " + LatexText(row.CollectorText());
    const std::string best = BestMethod(row, kLast);
    for (const std::string& method : table.methods) {
      const auto found = row.methods.find(method);
      if (found == row.methods.end()) {
        text += " & --";
        continue;
      }
      const Estimate& mean = found->second.protocols[kLast].mean;
      const std::string value = FormatNumber(mean.value, 1);
      text += " & " + (method == best ? "\\textbf{" + value + "}" : value);
      if (mean.interval) {
        text += " {\\scriptsize[" + FormatNumber(mean.interval->low, 1) + ", " +
                FormatNumber(mean.interval->high, 1) + "]}";
      }
    }
    text += " \\\\\n";
  }
  return text + "\\bottomrule\n\\end{tabular}\n";
}

std::string TableCsv(const TableFigures& table) {
  std::string text =
      "task,collector,method,protocol,seeds,mean,low,high,best,last,normalized,normalized_low,"
      "normalized_high,independent_max,data_sha256\n";
  for (const RowFigures* const place : PrintedRows(table)) {
    const RowFigures& row = *place;
    for (const std::string& method : table.methods) {
      const auto found = row.methods.find(method);
      if (found == row.methods.end()) continue;
      for (size_t i = 0; i < kNumProtocols; ++i) {
        const ProtocolFigures& figures = found->second.protocols[i];
        Estimate normalized{.value = row.Normalized(figures.mean.value)};
        if (figures.mean.interval) {
          normalized.interval = {.low = row.Normalized(figures.mean.interval->low),
                                 .high = row.Normalized(figures.mean.interval->high)};
        }
        text += row.row.task + "," + row.row.collector + "," + method + "," +
                std::string(kProtocolNames[i]) + "," + std::to_string(found->second.seeds.size()) +
                "," + CsvNumber(figures.mean.value) + "," + Low(figures.mean) + "," +
                High(figures.mean) + "," + CsvNumber(figures.best) + "," + CsvNumber(figures.last) +
                "," + CsvNumber(normalized.value, 6) + "," + Low(normalized, 6) + "," +
                High(normalized, 6) + "," +
                CsvNumber(i == kMax ? found->second.independent_max : kNone) + "," +
                row.data_sha256 + "\n";
      }
    }
  }
  return text;
}

std::string ScoresCsv(const TableFigures& table) {
  std::string text = "task,collector,method,protocol,seed,score,normalized\n";
  for (const RowFigures* const place : PrintedRows(table)) {
    const RowFigures& row = *place;
    for (const std::string& method : table.methods) {
      const auto found = row.methods.find(method);
      if (found == row.methods.end()) continue;
      for (size_t i = 0; i < kNumProtocols; ++i) {
        for (size_t seed = 0; seed < found->second.seeds.size(); ++seed) {
          const double score = found->second.protocols[i].scores[seed];
          text += row.row.task + "," + row.row.collector + "," + method + "," +
                  std::string(kProtocolNames[i]) + "," + std::to_string(found->second.seeds[seed]) +
                  "," + CsvNumber(score, 6) + "," + CsvNumber(row.Normalized(score), 9) + "\n";
        }
      }
    }
  }
  return text;
}

std::string AggregatesCsv(const TableFigures& table) {
  std::string text = "method,figure,value,low,high\n";
  for (const AggregateFigures& method : table.aggregates) {
    const auto add = [&](const std::string& figure, const Estimate& estimate) {
      text += method.method + "," + figure + "," + CsvNumber(estimate.value, 9) + "," +
              Low(estimate, 9) + "," + High(estimate, 9) + "\n";
    };
    add("mean", method.mean);
    add("interquartile_mean", method.interquartile_mean);
    add("optimality_gap", method.optimality_gap);
    if (method.beaten_by_first) add("probability_first_is_better", *method.beaten_by_first);
    const std::vector<double> thresholds = ProfileThresholds();
    for (size_t i = 0; i < thresholds.size(); ++i) {
      add("share_above_" + FormatNumber(thresholds[i], 2), method.profile[i]);
    }
    for (size_t i = 0; i < method.best_by_budget.size(); ++i) {
      add("best_of_" + std::to_string(i + 1), {.value = method.best_by_budget[i]});
    }
  }
  return text;
}

std::string CostsCsv(const TableFigures& table) {
  std::string text = "method,runs,hours,minutes_per_run,largest_memory_mib\n";
  for (const CostFigures& costs : table.costs) {
    text += costs.method + "," + std::to_string(costs.runs) + "," + CsvNumber(costs.hours, 3) +
            "," + CsvNumber(costs.minutes_per_run, 2) + "," +
            CsvNumber(costs.largest_memory_mib, 0) + "\n";
  }
  return text;
}

}  // namespace experiments
