#include "experiments/report/run_report.h"

#include "experiments/report/html.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

namespace experiments {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kLast = 1;  // place of "last" in kProtocolNames

// What each protocol asks, for readers who meet the names here first.
constexpr std::array<std::string_view, 4> kProtocolMeaning = {
    "the first rollout, with an empty context",
    "the last rollout, with all earlier ones in context", "mean of all rollouts",
    "best of all rollouts; flatters any policy"};

std::string WithError(const ProtocolResult& result) {
  return FormatNumber(result.mean, 1) + " <small>± " + FormatNumber(result.standard_error, 1) +
         "</small>";
}

std::string TextOf(const nlohmann::json& value) {
  if (value.is_null()) return "–";
  return Escape(value.is_string() ? value.get<std::string>() : value.dump());
}

// "2026-01-31T12:00:00Z" as "2026-01-31 12:00 UTC".
std::string ReadableDate(const nlohmann::json& date) {
  std::string text = TextOf(date);
  if (text.size() != 20) return text;
  return text.replace(10, 1, " ").substr(0, 16) + " UTC";
}

std::string Title(const RunLog& run) {
  const std::string algorithm = run.algorithm == "at" ? "Agentic Transformer" : run.algorithm;
  return run.task + " · " + algorithm;
}

std::string Tile(const std::string& number, const std::string& label, bool is_main) {
  return std::string("<div class=\"tile") + (is_main ? " main" : "") + "\"><b>" + number +
         "</b><span>" + label + "</span></div>\n";
}

std::string Tiles(const RunLog& run) {
  std::string html = "<div class=\"tiles\">\n";
  if (run.evaluation) {
    const ProtocolResult& last = run.evaluation->protocols[kLast];
    html += Tile(FormatNumber(last.mean, 1), "mean return of the last rollout", true);
    html += Tile(FormatNumber(last.normalized, 2), "normalized: 0 random, 1 expert", false);
  }
  if (run.data_returns) {
    html += Tile(FormatNumber(run.data_returns->median, 1), "median return in the data", false);
    html += Tile(FormatNumber(run.data_returns->max, 1), "best return in the data", false);
  }
  const std::vector<double>& loss = run.train.Column("loss");
  if (!run.evaluation && !loss.empty()) html += Tile(FormatNumber(loss.back(), 4), "loss", true);
  return html + "</div>\n";
}

// The best of the evaluations that chose the checkpoint kept as the best.
std::string BestSentence(const RunLog& run) {
  const std::string by = run.config.value("train.best_by", "last");
  const std::vector<double>& scores = run.eval.Column(by + "_mean");
  const auto best = std::ranges::max_element(scores);
  if (best == scores.end()) return {};
  const double step = run.eval.Column("train_step")[static_cast<size_t>(best - scores.begin())];
  return "<p>Best by <em>" + Escape(by) + "</em> while training: " + FormatNumber(*best, 1) +
         " at step " + FormatNumber(step, 0) +
         ", kept as <code>checkpoints/best</code>. An optimistic figure: the evaluations that "
         "chose "
         "it also report it.</p>\n";
}

std::string EvaluationSection(const RunLog& run) {
  std::string html = "<h2>Evaluation</h2>\n";
  if (!run.evaluation) return html + "<p>This run has not been evaluated yet.</p>\n";
  const EvaluationLog& evaluation = *run.evaluation;
  const size_t rollouts = evaluation.returns.empty() ? 0 : evaluation.returns[0].size();
  html += "<p>" + std::to_string(evaluation.returns.size()) + " chains of " +
          std::to_string(rollouts) +
          " rollouts; a policy keeps the earlier rollouts of its chain in its context. The four "
          "protocols are four readings of the same rollouts; ± is the standard error over "
          "chains.</p>\n";
  Table table{.header = {"protocol", "return", "normalized"}, .rows = {}};
  for (size_t i = 0; i < kProtocolNames.size(); ++i) {
    const ProtocolResult& result = evaluation.protocols[i];
    table.rows.push_back(
        {std::string(kProtocolNames[i]) + "<small>" + std::string(kProtocolMeaning[i]) + "</small>",
         WithError(result), FormatNumber(result.normalized, 3)});
  }
  html += RenderTable(table) + BestSentence(run);
  return html + "<p class=\"note\">Normalized score: (return − " +
         FormatNumber(evaluation.random_return, 1) + ") / (" +
         FormatNumber(evaluation.expert_return, 1) + " − " +
         FormatNumber(evaluation.random_return, 1) + ").</p>\n";
}

std::string RolloutTable(const RunLog& run) {
  if (!run.evaluation || run.evaluation->returns.empty()) return {};
  const auto& returns = run.evaluation->returns;
  Table table{.header = {"rollout", "mean", "spread", "lowest", "highest"}, .rows = {}};
  for (size_t rollout = 0; rollout < returns[0].size(); ++rollout) {
    double sum = 0;
    double squares = 0;
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const std::vector<double>& chain : returns) {
      sum += chain.at(rollout);
      low = std::min(low, chain[rollout]);
      high = std::max(high, chain[rollout]);
    }
    const double count = static_cast<double>(returns.size());
    for (const std::vector<double>& chain : returns) {
      squares += std::pow(chain[rollout] - sum / count, 2);
    }
    const double spread = count > 1 ? std::sqrt(squares / (count - 1)) : kNone;
    table.rows.push_back({std::to_string(rollout + 1), FormatNumber(sum / count, 1),
                          FormatNumber(spread, 1), FormatNumber(low, 1), FormatNumber(high, 1)});
  }
  return "<h3>Rollout by rollout</h3>\n" + RenderTable(table) +
         "<p class=\"note\">Spread: standard deviation over chains.</p>\n";
}

std::string PictureSection(const RunLog& run) {
  if (run.pictures.empty()) return {};
  std::string html =
      "<h2>What it does</h2>\n<p>Moments of a rollout, evenly spaced in time, row by row.</p>\n";
  for (const Picture& picture : run.pictures) {
    const std::string name = Escape(picture.name);
    html += "<figure><figcaption>" + name + "</figcaption><img alt=\"" + name + "\" src=\"" +
            DataUri("image/png", picture.png) + "\"></figure>\n";
  }
  return html;
}

std::string DataSection(const RunLog& run) {
  if (!run.data_returns) return {};
  const DataReturns& data = *run.data_returns;
  Table table{.header = {"episodes", "lowest", "median", "mean", "best"}, .rows = {}};
  table.rows.push_back({std::to_string(data.num_episodes), FormatNumber(data.min, 1),
                        FormatNumber(data.median, 1), FormatNumber(data.mean, 1),
                        FormatNumber(data.max, 1)});
  return "<h2>Data</h2>\n<p>Returns of the episodes it learned from.</p>\n" + RenderTable(table);
}

// The configuration, one group for each first part of the dotted names.
std::string ConfigurationSection(const RunLog& run) {
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> groups;
  for (const auto& [name, value] : run.config.items()) {
    const size_t dot = name.find('.');
    const bool has_group = dot != std::string::npos;
    groups[has_group ? name.substr(0, dot) : ""].emplace_back(
        has_group ? name.substr(dot + 1) : name, TextOf(value));
  }
  std::string html =
      "<h2>Configuration</h2>\n<details open><summary>Every option</summary>"
      "<div class=\"columns\">\n";
  for (const auto& [group, options] : groups) {
    html += "<section>" + (group.empty() ? "" : "<h3>" + Escape(group) + "</h3>") + "<dl>\n";
    for (const auto& [name, value] : options) {
      html += "<dt>" + Escape(name) + "</dt><dd>" + value + "</dd>\n";
    }
    html += "</dl></section>\n";
  }
  return html + "</div></details>\n";
}

std::string ThroughputRow(const RunLog& run, const std::string& column) {
  const std::vector<double>& values = run.train.Column(column);
  return values.empty() ? "–" : FormatNumber(values.back(), values.back() < 10 ? 2 : 0);
}

std::string MachineLine(const nlohmann::json& machine) {
  if (machine.empty()) return "Not recorded";
  const double memory = machine.value("memory", 0.0);
  return TextOf(machine.value("cpu", nlohmann::json())) + ", " +
         TextOf(machine.value("cores", nlohmann::json())) + " cores, " +
         FormatNumber(memory / 1e9, 0) + " GB";
}

std::string MachineSection(const RunLog& run) {
  std::string html = "<h2>Machine and versions</h2>\n";
  Table table;
  const nlohmann::json environment =
      run.environment.is_object() ? run.environment : nlohmann::json::object();
  const nlohmann::json machine = environment.value("machine", nlohmann::json::object());
  table.rows.push_back({"processor", TextOf(machine.value("cpu", nlohmann::json()))});
  table.rows.push_back({"cores", TextOf(machine.value("cores", nlohmann::json()))});
  const double memory = machine.value("memory", 0.0);
  table.rows.push_back({"memory", FormatNumber(memory > 0 ? memory / 1e9 : kNone, 1) + " GB"});
  table.rows.push_back({"GPU", TextOf(machine.value("gpu", nlohmann::json()))});
  table.rows.push_back({"training steps per second", ThroughputRow(run, "train_steps_per_second")});
  table.rows.push_back({"tokens per second", ThroughputRow(run, "tokens_per_second")});
  table.rows.push_back({"peak memory, MiB", ThroughputRow(run, "peak_memory_mib")});
  table.rows.push_back({"RingRL", TextOf(environment.value("version", nlohmann::json())) + " (" +
                                      TextOf(environment.value("commit", nlohmann::json())) + ")"});
  const nlohmann::json libraries = environment.value("libraries", nlohmann::json::object());
  for (const auto& [name, version] : libraries.items()) {
    table.rows.push_back({Escape(name), TextOf(version)});
  }
  html += "<details><summary>" + MachineLine(machine) + "</summary>" + RenderTable(table) +
          "</details>\n";
  std::string command;
  for (const auto& word : environment.value("command_line", nlohmann::json::array())) {
    command += (command.empty() ? "" : " ") + TextOf(word);
  }
  return command.empty() ? html : html + "<pre>" + command + "</pre>\n";
}

std::string RunArticle(const RunLog& run, bool is_only_run) {
  const std::string heading = is_only_run ? "h1" : "h2";
  const nlohmann::json environment =
      run.environment.is_object() ? run.environment : nlohmann::json::object();
  std::string html = "<article id=\"" + Escape(run.name()) + "\">\n";
  html += "<" + heading + ">" + Escape(Title(run)) + "</" + heading + ">\n";
  html += "<p class=\"lead\">" + Escape(run.name());
  if (environment.contains("date")) html += ", started " + ReadableDate(environment["date"]);
  html += "</p>\n" + Tiles(run);
  html += "<h2>Learning</h2>\n<div class=\"charts\">\n" + RenderChart(ReturnChart(run)) +
          RenderChart(LossChart(run)) + "</div>\n";
  html += EvaluationSection(run);
  if (run.evaluation)
    html += "<div class=\"charts\">\n" + RenderChart(RolloutChart(run)) + "<div>" +
            RolloutTable(run) + "</div></div>\n";
  return html + PictureSection(run) + DataSection(run) + ConfigurationSection(run) +
         MachineSection(run) + "</article>\n";
}

std::string Comparison(std::span<const RunLog> runs) {
  Table table{.header = {"run", "task", "first", "last", "mean", "max", "last, normalized"},
              .rows = {}};
  for (const RunLog& run : runs) {
    const std::string name = Escape(run.name());
    std::vector<std::string> row{"<a href=\"#" + name + "\">" + name + "</a>", Escape(run.task)};
    for (size_t i = 0; i < kProtocolNames.size(); ++i) {
      row.push_back(run.evaluation ? WithError(run.evaluation->protocols[i]) : "–");
    }
    row.push_back(run.evaluation ? FormatNumber(run.evaluation->protocols[kLast].normalized, 3)
                                 : "–");
    table.rows.push_back(row);
  }
  return "<h1>" + std::to_string(runs.size()) + " runs</h1>\n" + RenderTable(table);
}

}  // namespace

std::string RenderReport(std::span<const RunLog> runs) {
  const bool is_only_run = runs.size() == 1;
  std::string body = is_only_run ? "" : Comparison(runs);
  for (const RunLog& run : runs) body += RunArticle(run, is_only_run);
  body += "<footer>Made by <code>ringrl report</code>.</footer>\n";
  const std::string title = is_only_run ? Title(runs[0]) : std::to_string(runs.size()) + " runs";
  return RenderPage(title + " · RingRL", body);
}

}  // namespace experiments
