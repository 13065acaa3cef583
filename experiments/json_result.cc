#include "experiments/json_result.h"

#include "datasets/replacement_file.h"
#include "experiments/environment.h"
#include "experiments/machine.h"

#include <span>

namespace experiments {

nlohmann::json ResultEnvelope(std::string_view command) {
  return {{"command", command},        {"version", ProgramVersion()},
          {"commit", ProgramCommit()}, {"machine", ToJson(DescribeMachine())},
          {"date", UtcDate()},         {"rows", nlohmann::json::array()}};
}

void WriteJson(const nlohmann::json& result, const std::string& destination) {
  if (destination.empty()) return;
  const std::string text = result.dump(/*indent=*/2) + "\n";
  if (destination == "-") {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  } else {
    datasets::WriteWholeFile(destination, std::as_bytes(std::span(text)));
  }
}

std::string Figure(const nlohmann::json& value, int decimals, double scale) {
  if (!value.is_number()) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f", decimals, value.get<double>() * scale);
  return text;
}

std::FILE* TableStream(const std::string& json_destination) {
  return json_destination == "-" ? stderr : stdout;
}

}  // namespace experiments
