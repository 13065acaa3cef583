#include "experiments/reproduce/table_page.h"

#include "experiments/report/html.h"
#include "experiments/reproduce/table_text.h"

#include <algorithm>

namespace experiments {
namespace {

constexpr std::array<std::string_view, kNumProtocols> kMeaning = {
    "the first rollout, with an empty context", "the last rollout, all earlier ones in context",
    "mean of all rollouts", "best of all rollouts: flatters any policy"};

// "480.9" over a small "452.1 – 503.0".
std::string EstimateCell(const Estimate& estimate, int decimals, bool is_best = false) {
  std::string cell = FormatNumber(estimate.value, decimals);
  if (is_best) cell = "<strong>" + cell + "</strong>";
  if (!estimate.interval) return cell;
  return cell + "<small class=\"interval\">" + FormatNumber(estimate.interval->low, decimals) +
         " – " + FormatNumber(estimate.interval->high, decimals) + "</small>";
}

// On narrow screens a long name may go on after any part of it.
std::string RowName(const RowFigures& row) {
  std::string name;
  for (const char letter : Escape(row.row.task)) {
    name += letter;
    if (letter == '_') name += "<wbr>";
  }
  return name + "<small>" + Escape(row.CollectorText()) + "</small>";
}

std::string Code(const std::string& name) { return "<code>" + Escape(name) + "</code>"; }

std::vector<std::string> Header(const TableFigures& table) {
  std::vector<std::string> header{"task, data"};
  for (const std::string& method : table.methods) header.push_back(Escape(method));
  return header;
}

// A cell for each row and method, made by `cell`; a dash where there is no run.
template <class MakeCell>
std::string ScoreTable(const TableFigures& table, const MakeCell& cell) {
  Table html{.header = Header(table), .rows = {}};
  for (const RowFigures* const place : PrintedRows(table)) {
    const RowFigures& row = *place;
    std::vector<std::string> cells{RowName(row)};
    for (const std::string& method : table.methods) {
      const auto found = row.methods.find(method);
      cells.push_back(found == row.methods.end() ? "–" : cell(row, method, found->second));
    }
    html.rows.push_back(cells);
  }
  return RenderTable(html);
}

std::string ProtocolTable(const TableFigures& table, size_t protocol) {
  return ScoreTable(table, [&](const RowFigures& row, const std::string& method,
                               const MethodFigures& figures) {
    return EstimateCell(figures.protocols[protocol].mean, 1, method == BestMethod(row, protocol));
  });
}

std::string Lead(const TableFigures& table) {
  return "<h1>" + Escape(table.title) + "</h1>\n<p class=\"lead\">" +
         std::to_string(table.finished) + " of " + std::to_string(table.planned) + " runs, " +
         CountText(table.methods.size(), "method") + ", " + CountText(table.rows.size(), "task") +
         " with data, " + CountText(table.seeds.size(), "seed") +
         "</p>\n<p>Each run is evaluated by " + std::to_string(table.chains) + " chains of " +
         std::to_string(table.rollouts) +
         " rollouts in one context, from initial states that are the same for all methods and "
         "seeds. Its score is the mean of its last three evaluations: no checkpoint is picked. "
         "Numbers are returns in the task's own unit, means over seeds, with their 95 % intervals "
         "below (stratified bootstrap over seeds; none under three).</p>\n";
}

std::string Headline(const TableFigures& table) {
  return "<h2>Return of the last rollout</h2>\n<p>Protocol <em>last</em>: all earlier rollouts are "
         "in the context of a policy that has one. Bold: the highest mean of a row.</p>\n" +
         ProtocolTable(table, kLast);
}

std::string Aggregates(const TableFigures& table) {
  if (table.aggregates.empty()) return {};
  Table html{.header = {"method", "interquartile mean", "mean", "optimality gap",
                        Code(table.methods[0]) + " is better"},
             .rows = {}};
  for (const AggregateFigures& method : table.aggregates) {
    html.rows.push_back({Escape(method.method), EstimateCell(method.interquartile_mean, 3),
                         EstimateCell(method.mean, 3), EstimateCell(method.optimality_gap, 3),
                         method.beaten_by_first ? EstimateCell(*method.beaten_by_first, 2) : "–"});
  }
  return "<h2>All rows together</h2>\n<p>Scores under <em>last</em>, normalised so that 0 is the "
         "random policy and 1 the highest possible return, over the " +
         std::to_string(table.aggregate_rows.size()) +
         " rows in which every method has runs. The optimality gap is what is missing to 1 on "
         "average. <em>Is better</em>: probability that a run of " +
         Code(table.methods[0]) + " beats one of the method in the same row.</p>\n" +
         RenderTable(html) + "<div class=\"charts\">\n" + RenderChart(ProfileChart(table)) +
         RenderChart(BudgetChart(table)) +
         "</div>\n<p class=\"note\">Second chart: every evaluated policy, that is every evaluation "
         "of "
         "every seed, is a candidate; of n different ones chosen at random the best is kept.</p>\n";
}

std::string OtherProtocols(const TableFigures& table) {
  std::string html = "<h2>The other protocols</h2>\n<p>Four readings of the same rollouts.</p>\n";
  for (const size_t protocol : {kFirst, kMean, kMax}) {
    html += "<details><summary>" + std::string(kProtocolNames[protocol]) + ": " +
            std::string(kMeaning[protocol]) + "</summary>" + ProtocolTable(table, protocol) +
            "</details>\n";
  }
  html += "<details><summary>Which checkpoint: mean of the last three, best, last</summary>";
  html +=
      ScoreTable(table, [](const RowFigures&, const std::string&, const MethodFigures& figures) {
        const ProtocolFigures& last = figures.protocols[kLast];
        return FormatNumber(last.mean.value, 1) + "<small class=\"interval\">best " +
               FormatNumber(last.best, 1) + ", last " + FormatNumber(last.last, 1) + "</small>";
      });
  return html + "</details>\n";
}

std::string Choosing(const TableFigures& table) {
  const std::string count = std::to_string(table.rollouts);
  std::string html =
      "<h2>Within the context</h2>\n<p>The best of " + count +
      " rollouts is more than any of them, learned or not. For each method: what the best of its " +
      count + " rollouts returned, above what the best of " + count +
      " independent first rollouts would return (expected maximum, in closed form). Only the rest "
      "is owed to the context.</p>\n";
  html +=
      ScoreTable(table, [](const RowFigures&, const std::string&, const MethodFigures& figures) {
        return FormatNumber(figures.protocols[kMax].mean.value, 1) +
               "<small class=\"interval\">independent " + FormatNumber(figures.independent_max, 1) +
               "</small>";
      });
  html += "<div class=\"charts\">\n";
  for (const RowFigures& row : table.rows) html += RenderChart(RolloutChart(row, table.methods));
  return html + "</div>\n";
}

std::string Curves(const TableFigures& table) {
  std::string html = "<h2>Learning</h2>\n<div class=\"charts\">\n";
  for (const RowFigures& row : table.rows) html += RenderChart(CurveChart(row, table.methods));
  return html + "</div>\n";
}

std::string Data(const TableFigures& table) {
  Table html{
      .header = {"task, data", "episodes", "lowest", "median", "mean", "best", "0 is", "1 is"},
      .rows = {}};
  std::string charts;
  for (const RowFigures& row : table.rows) {
    html.rows.push_back({RowName(row), std::to_string(row.data.num_episodes),
                         FormatNumber(row.data.min, 1), FormatNumber(row.data.median, 1),
                         FormatNumber(row.data.mean, 1), FormatNumber(row.data.max, 1),
                         FormatNumber(row.random_return, 1), FormatNumber(row.highest_return, 0)});
    if (!row.data.histogram.empty()) charts += RenderChart(DataChart(row));
  }
  return "<h2>Data</h2>\n<p>Returns of the episodes learned from, and the normalised scale's 0 "
         "and 1.</p>\n" +
         RenderTable(html) + "<div class=\"charts\">\n" + charts + "</div>\n";
}

std::string Provenance(const TableFigures& table) {
  Table html;
  for (const RowFigures& row : table.rows) {
    html.rows.push_back({RowName(row), "SHA-256 of the content <code>" + row.data_sha256 +
                                           "</code>; rewards: " + Escape(row.reward_source) +
                                           "; scale: " + Escape(row.reference_source)});
  }
  const auto list = [](const auto& values, const auto& text) {
    std::string joined;
    for (const auto& value : values) joined += (joined.empty() ? "" : ", ") + text(value);
    return joined;
  };
  const auto number = [](uint64_t value) { return std::to_string(value); };
  html.rows.push_back({"seeds of training", list(table.seeds, number)});
  html.rows.push_back({"seed of initial states", list(table.evaluation_seeds, number)});
  html.rows.push_back(
      {"RingRL", list(table.programs, [](const std::string& program) { return Escape(program); })});
  return "<h2>What it rests on</h2>\n<details><summary>Data, seeds, program</summary>" +
         RenderTable(html) + "</details>\n";
}

std::string Costs(const TableFigures& table) {
  Table html{.header = {"method", "runs", "hours", "minutes per run", "largest memory, MiB"},
             .rows = {}};
  for (const CostFigures& costs : table.costs) {
    html.rows.push_back({Escape(costs.method), std::to_string(costs.runs),
                         FormatNumber(costs.hours, 2), FormatNumber(costs.minutes_per_run, 1),
                         FormatNumber(costs.largest_memory_mib, 0)});
  }
  std::string machines;
  for (const std::string& machine : table.machines) {
    machines += (machines.empty() ? "" : "; ") + Escape(machine);
  }
  return "<section id=\"costs\">\n<h2>What it took</h2>\n" + RenderTable(html) +
         "<p class=\"note\">On " + machines + ".</p>\n</section>\n";
}

}  // namespace

std::string TablePage(const TableFigures& table) {
  const std::string body = Lead(table) + Headline(table) + Aggregates(table) + Choosing(table) +
                           Curves(table) + OtherProtocols(table) + Data(table) + Provenance(table) +
                           Costs(table) +
                           "<footer>Made by <code>ringrl reproduce</code>.</footer>\n";
  return RenderPage(table.title + " · RingRL", body);
}

}  // namespace experiments
