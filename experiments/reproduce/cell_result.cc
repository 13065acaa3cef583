#include "experiments/reproduce/cell_result.h"

#include "datasets/catalog.h"
#include "datasets/replacement_file.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace experiments {
namespace {

using nlohmann::json;

json ReadJson(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = datasets::ReadWholeFile(path);
  const char* const text = reinterpret_cast<const char*>(bytes.data());
  return json::parse(text, text + bytes.size());
}

// A return of up to 1000 to seven digits: more than any difference between policies needs.
double ToThousandths(double value) { return std::round(value * 1000) / 1000; }

// The returns in row `row` of returns.csv, whose columns are chain_1_rollout_1, ...
std::vector<std::vector<double>> ReturnsInRow(const CsvTable& table, size_t row) {
  std::vector<std::vector<double>> returns;
  const auto column = [&](size_t chain, size_t rollout) -> const std::vector<double>& {
    return table.Column("chain_" + std::to_string(chain + 1) + "_rollout_" +
                        std::to_string(rollout + 1));
  };
  for (size_t chain = 0; !column(chain, 0).empty(); ++chain) {
    returns.emplace_back();
    for (size_t rollout = 0; !column(chain, rollout).empty(); ++rollout) {
      returns.back().push_back(ToThousandths(column(chain, rollout)[row]));
    }
  }
  return returns;
}

// Adds the normalised scale of the cell's task.
void AddReference(CellResult& result) {
  const datasets::TaskInfo& task = datasets::FindTask(result.cell.row.task);
  const bool measured = !std::isnan(task.random_return);
  result.random_return = measured ? task.random_return : 0.0;
  result.highest_return = task.expert_return;
  result.reference_source = "0: " + (measured ? std::string(task.random_source) : "taken as 0") +
                            "; 1: " + std::string(task.expert_source);
}

void AddCosts(const RunLog& run, CellCosts& costs) {
  const std::vector<double>& memory = run.train.Column("peak_memory_mib");
  if (!memory.empty()) costs.peak_memory_mib = std::round(std::ranges::max(memory));
  costs.threads = run.config.value("threads", int64_t{0});
  const json machine = run.environment.value("machine", json::object());
  costs.machine =
      machine.value("cpu", "") + ", " + std::to_string(machine.value("cores", 0)) + " cores";
  costs.date = run.environment.value("date", "");
}

// Options that belong to a place and not to what is computed there.
json WithoutPlaces(json config) {
  for (const char* name : {"dataset", "runs", "resume", "json", "assets", "trace", "threads"}) {
    config.erase(name);
  }
  return config;
}

}  // namespace

json ToJson(const CellResult& result) {
  json evaluations = json::array();
  for (const CellEvaluation& evaluation : result.evaluations) {
    evaluations.push_back({{"train_step", evaluation.train_step}, {"returns", evaluation.returns}});
  }
  json data = ToJson(result.data);
  data["content_sha256"] = result.data_sha256;
  data["reward_source"] = result.reward_source;
  return {{"format", 1},
          {"cell",
           {{"task", result.cell.row.task},
            {"collector", result.cell.row.collector},
            {"method", result.cell.method},
            {"seed", result.cell.seed}}},
          {"algorithm", result.algorithm},
          {"task",
           {{"random_return", result.random_return},
            {"highest_return", result.highest_return},
            {"source", result.reference_source}}},
          {"data", data},
          {"evaluation_seed", result.evaluation_seed},
          {"train_steps", result.train_steps},
          {"evaluations", evaluations},
          {"program", {{"version", result.version}, {"commit", result.commit}}},
          {"config", result.config},
          {"costs",
           {{"seconds", result.costs.seconds},
            {"peak_memory_mib", result.costs.peak_memory_mib},
            {"threads", result.costs.threads},
            {"machine", result.costs.machine},
            {"date", result.costs.date}}}};
}

CellResult CellFromJson(const json& json) {
  CellResult result;
  const auto& cell = json.at("cell");
  result.cell = {.row = {.task = cell.at("task"), .collector = cell.at("collector")},
                 .method = cell.at("method"),
                 .seed = cell.at("seed")};
  result.algorithm = json.at("algorithm");
  result.random_return = json.at("task").at("random_return");
  result.highest_return = json.at("task").at("highest_return");
  result.reference_source = json.at("task").at("source");
  result.data = DataReturnsFromJson(json.at("data"));
  result.data_sha256 = json.at("data").at("content_sha256");
  result.reward_source = json.at("data").at("reward_source");
  result.evaluation_seed = json.at("evaluation_seed");
  result.train_steps = json.at("train_steps");
  for (const auto& evaluation : json.at("evaluations")) {
    result.evaluations.push_back(
        {.train_step = evaluation.at("train_step"), .returns = evaluation.at("returns")});
  }
  result.version = json.at("program").at("version");
  result.commit = json.at("program").at("commit");
  result.config = json.at("config");
  const auto& costs = json.at("costs");
  result.costs = {.seconds = costs.at("seconds"),
                  .peak_memory_mib = costs.at("peak_memory_mib"),
                  .threads = costs.at("threads"),
                  .machine = costs.at("machine"),
                  .date = costs.at("date")};
  return result;
}

std::vector<CellResult> ReadCells(const std::filesystem::path& table) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(table / "cells")) {
    for (const auto& file : std::filesystem::directory_iterator(table / "cells")) {
      if (file.path().extension() == ".json") files.push_back(file.path());
    }
  }
  std::ranges::sort(files);
  std::vector<CellResult> cells;
  for (const std::filesystem::path& file : files) {
    try {
      cells.push_back(CellFromJson(ReadJson(file)));
    } catch (const json::exception& error) {
      throw std::invalid_argument(file.string() + " is not a finished cell: " + error.what());
    }
  }
  return cells;
}

CellResult ResultOfRun(const Cell& cell, const std::filesystem::path& run_folder) {
  const RunLog run = ReadRun(run_folder);
  CellResult result{.cell = cell, .algorithm = run.algorithm};
  AddReference(result);
  const CsvTable returns = CsvTable::Read(run_folder / "returns.csv");
  const std::vector<double>& steps = returns.Column("train_step");
  result.train_steps = run.config.value("train.steps", int64_t{0});
  if (!run.data_returns || steps.empty() ||
      static_cast<int64_t>(steps.back()) != result.train_steps) {
    throw std::invalid_argument(run_folder.string() +
                                " has no evaluation at its last step: it is not finished");
  }
  for (size_t row = 0; row < steps.size(); ++row) {
    result.evaluations.push_back(
        {.train_step = static_cast<int64_t>(steps[row]), .returns = ReturnsInRow(returns, row)});
  }
  result.data = *run.data_returns;
  const json dataset = ReadJson(run_folder / "dataset.json");
  result.data_sha256 = dataset.value("content_sha256", "");
  result.reward_source = dataset.value("reward_source", "");
  result.evaluation_seed = run.config.value("evaluation.seed", uint64_t{0});
  result.version = run.environment.value("version", "");
  result.commit = run.environment.value("commit", "");
  result.config = WithoutPlaces(run.config);
  AddCosts(run, result.costs);
  return result;
}

}  // namespace experiments
