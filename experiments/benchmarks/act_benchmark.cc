#include "experiments/benchmarks/act_benchmark.h"

#include "experiments/benchmarks/alternation.h"
#include "experiments/benchmarks/peer_process.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace experiments {
namespace {

constexpr const char* kOurs = "ours";
constexpr const char* kPeer = "pytorch";

// What `bench act-step` prints, in its order.
constexpr std::array kOurFigures = {"ours_ms", "by_layers_ms", "recompute_ms", "bound_ms"};
constexpr std::array kPeerFigures = {"peer_ms", "peer_recompute_ms"};

// One context length and number of episodes.
class ActRow {
 public:
  ActRow(const ActBenchmarkOptions& options, int64_t context_steps, int64_t episodes)
      : options_(options), context_steps_(context_steps), episodes_(episodes) {}

  nlohmann::json Measure() {
    systems_.Add(kOurs, [this] { return MeasureOurs(); });
    systems_.Add(kPeer, [this] { return MeasureThePeer(); });
    systems_.Run(options_.rounds);

    nlohmann::json row = {{"algorithm", "at"},     {"measure", "act"},
                          {"shape", Shape()},      {"context_steps", context_steps_},
                          {"episodes", episodes_}, {"threads", options_.threads},
                          {"peer_name", kPeer}};
    for (const char* key : kOurFigures) row[key] = Median(key);
    for (const char* key : kPeerFigures) row[key] = Median(key);
    row["cache_bytes_per_episode"] = cache_bytes_ > 0 ? nlohmann::json(cache_bytes_) : nullptr;
    const nlohmann::json &ours = row["ours_ms"], &peer = row["peer_ms"];
    const auto rate = [](const nlohmann::json& ms) {
      return ms.is_number() ? nlohmann::json(1e3 / ms.get<double>()) : nullptr;
    };
    row["ours_steps_per_s"] = rate(ours);
    row["peer_steps_per_s"] = rate(peer);
    row["time_ratio"] = ours.is_number() && peer.is_number()
                            ? nlohmann::json(ours.get<double>() / peer.get<double>())
                            : nullptr;
    row["ours_peak_bytes"] = row["peer_peak_bytes"] = nullptr;
    return row;
  }

 private:
  std::string Shape() const {
    return "acting behind " + std::to_string(context_steps_) + " steps of 4 tokens, 3 layers, " +
           "1 head, width 128, " + std::to_string(episodes_) +
           (episodes_ == 1 ? " episode" : " episodes");
  }

  bool Recomputes() const { return context_steps_ * episodes_ <= options_.longest_recomputed; }

  std::optional<double> MeasureOurs() {
    const std::vector<double> figures = MeasurePeer(
        options_.program, "bench",
        {"act-step", "--context-steps=" + std::to_string(context_steps_),
         "--episodes=" + std::to_string(episodes_), "--threads=" + std::to_string(options_.threads),
         "--seconds=" + std::to_string(options_.seconds),
         std::string("--recompute=") + (Recomputes() ? "true" : "false")},
        kOurFigures.size() + 1);
    if (figures.empty()) return std::nullopt;
    for (size_t i = 0; i < kOurFigures.size(); ++i) Note(kOurFigures[i], figures[i]);
    cache_bytes_ = static_cast<int64_t>(figures.back());
    return figures[0];
  }

  std::optional<double> MeasureThePeer() {
    const std::vector<double> figures =
        MeasurePeer(options_.python, options_.peer_script,
                    {std::to_string(context_steps_), std::to_string(episodes_), "3", "1", "128",
                     std::to_string(options_.seconds), std::to_string(options_.threads),
                     Recomputes() ? "1" : "0"},
                    kPeerFigures.size());
    if (figures.empty()) return std::nullopt;
    for (size_t i = 0; i < kPeerFigures.size(); ++i) Note(kPeerFigures[i], figures[i]);
    return figures[0];
  }

  // Programs print 0 for what they did not measure.
  void Note(const std::string& key, double seconds) {
    if (seconds > 0) milliseconds_[key].push_back(seconds * 1e3);
  }
  nlohmann::json Median(const std::string& key) const {
    const auto values = milliseconds_.find(key);
    if (values == milliseconds_.end()) return nullptr;
    return Summarize(values->second)->median;
  }

  const ActBenchmarkOptions& options_;
  int64_t context_steps_, episodes_;
  Alternation systems_;
  std::map<std::string, std::vector<double>> milliseconds_;
  int64_t cache_bytes_ = 0;
};

}  // namespace

nlohmann::json BenchmarkActing(const ActBenchmarkOptions& options) {
  nlohmann::json rows = nlohmann::json::array();
  for (const int64_t episodes : options.episodes) {
    for (const int64_t context_steps : options.context_steps) {
      rows.push_back(ActRow(options, context_steps, episodes).Measure());
    }
  }
  return rows;
}

}  // namespace experiments
