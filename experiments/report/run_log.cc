#include "experiments/report/run_log.h"

#include "datasets/replacement_file.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace experiments {
namespace {

using nlohmann::json;

json ReadJsonFile(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = datasets::ReadWholeFile(path);
  const char* const text = reinterpret_cast<const char*>(bytes.data());
  json parsed = json::parse(text, text + bytes.size(), nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) throw std::invalid_argument(path.string() + " is not JSON");
  return parsed;
}

json ReadOptionalJson(const std::filesystem::path& path) {
  return std::filesystem::exists(path) ? ReadJsonFile(path) : json();
}

// JSON has no NaN: a number that is not defined is null.
double NumberOf(const json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

EvaluationLog ParseEvaluation(const json& evaluation) {
  EvaluationLog log;
  for (size_t i = 0; i < kProtocolNames.size(); ++i) {
    const json& protocol = evaluation.at("protocols").at(std::string(kProtocolNames[i]));
    log.protocols[i] = {.mean = NumberOf(protocol.at("mean")),
                        .standard_error = NumberOf(protocol.at("standard_error")),
                        .normalized = NumberOf(protocol.at("normalized"))};
  }
  for (const json& row : evaluation.at("rows")) {
    log.returns.push_back(row.at("returns").get<std::vector<double>>());
  }
  const json reference = evaluation.value("reference", json::object());
  log.random_return = reference.value("random_return", 0.0);
  log.expert_return = reference.value("expert_return", 1000.0);
  return log;
}

std::vector<Picture> ReadPictures(const std::filesystem::path& folder) {
  std::vector<Picture> pictures;
  if (!std::filesystem::is_directory(folder)) return pictures;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (!file.is_regular_file() || file.path().extension() != ".png") continue;
    pictures.push_back(
        {.name = file.path().stem().string(), .png = datasets::ReadWholeFile(file.path())});
  }
  std::ranges::sort(pictures, {}, &Picture::name);
  return pictures;
}

std::string TextOf(const json& config, const char* key) {
  const auto found = config.find(key);
  return found != config.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string RunLog::name() const {
  const std::filesystem::path path = std::filesystem::weakly_canonical(folder);
  return path.filename().string();
}

RunLog ReadRun(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / "config.json")) {
    throw std::invalid_argument(folder.string() +
                                " is not a run folder: it has no config.json; give a folder that "
                                "`ringrl train` has made");
  }
  RunLog run;
  run.folder = folder;
  std::string file = "config.json";
  try {
    run.config = ReadJsonFile(folder / file);
    run.task = TextOf(run.config, "task");
    run.algorithm = TextOf(run.config, "algorithm");
    run.environment = ReadOptionalJson(folder / "environment.json");
    file = "evaluation.json";
    const json evaluation = ReadOptionalJson(folder / file);
    if (!evaluation.is_null()) run.evaluation = ParseEvaluation(evaluation);
    file = "dataset.json";
    const json dataset = ReadOptionalJson(folder / file);
    if (!dataset.is_null()) run.data_returns = DataReturnsFromJson(dataset);
  } catch (const json::exception& error) {
    throw std::invalid_argument((folder / file).string() +
                                " is not what a run writes: " + error.what());
  }
  run.train = CsvTable::Read(folder / "train.csv");
  run.eval = CsvTable::Read(folder / "eval.csv");
  run.pictures = ReadPictures(folder / "videos");
  return run;
}

DataReturns SummarizeReturns(std::vector<double> returns) {
  if (returns.empty()) throw std::logic_error("no returns to summarize");
  std::ranges::sort(returns);
  const size_t half = returns.size() / 2;
  const double median =
      returns.size() % 2 == 1 ? returns[half] : (returns[half - 1] + returns[half]) / 2;
  const double sum = std::accumulate(returns.begin(), returns.end(), 0.0);
  std::vector<int64_t> histogram(kReturnBins);
  const double bin = (returns.back() - returns.front()) / static_cast<double>(kReturnBins);
  for (const double value : returns) {
    const auto place = bin > 0 ? static_cast<int64_t>((value - returns.front()) / bin) : 0;
    ++histogram[static_cast<size_t>(std::min(place, kReturnBins - 1))];
  }
  return {.num_episodes = static_cast<int64_t>(returns.size()),
          .min = returns.front(),
          .median = median,
          .mean = sum / static_cast<double>(returns.size()),
          .max = returns.back(),
          .histogram = histogram};
}

nlohmann::json ToJson(const DataReturns& returns) {
  return {{"num_episodes", returns.num_episodes},
          {"returns",
           {{"min", returns.min},
            {"median", returns.median},
            {"mean", returns.mean},
            {"max", returns.max},
            {"histogram", returns.histogram}}}};
}

DataReturns DataReturnsFromJson(const json& summary) {
  const json& returns = summary.at("returns");
  return {.num_episodes = summary.at("num_episodes").get<int64_t>(),
          .min = NumberOf(returns.at("min")),
          .median = NumberOf(returns.at("median")),
          .mean = NumberOf(returns.at("mean")),
          .max = NumberOf(returns.at("max")),
          .histogram = returns.value("histogram", std::vector<int64_t>())};
}

}  // namespace experiments
