#include "rl/evaluate/evaluation_report.h"

#include <nlohmann/json.hpp>

#include <string>

namespace rl {

nlohmann::json EvaluationJson(const EvaluationResult& result, const ReturnReference& reference) {
  nlohmann::json json = {{"task", result.task},
                         {"rollout_means", MeanByRollout(result.returns)},
                         {"reference",
                          {{"random_return", reference.random_return},
                           {"expert_return", reference.expert_return},
                           {"source", reference.source}}},
                         {"diverged", nlohmann::json::array()},
                         {"rows", nlohmann::json::array()}};
  for (const Protocol protocol : kProtocols) {
    const ProtocolScore score = Score(result.returns, protocol, reference);
    // A number that is not finite is written as null.
    json["protocols"][std::string(ProtocolName(protocol))] = {
        {"mean", score.mean},
        {"standard_error", score.standard_error},
        {"normalized", score.normalized}};
  }
  for (const DivergedRollout& diverged : result.diverged) {
    json["diverged"].push_back({{"chain", diverged.chain}, {"rollout", diverged.rollout}});
  }
  json["warnings"] = nlohmann::json::object();
  for (size_t i = 0; i < kNumWarningKinds; ++i) {
    if (result.warnings.counts[i] == 0) continue;
    json["warnings"][std::string(WarningName(static_cast<WarningKind>(i)))] =
        result.warnings.counts[i];
  }
  for (size_t chain = 0; chain < result.returns.size(); ++chain) {
    json["rows"].push_back(
        {{"seed", result.chain_seeds[chain]}, {"returns", result.returns[chain]}});
  }
  return json;
}

Metrics EvaluationMetrics(const EvaluationResult& result, const ReturnReference& reference) {
  Metrics metrics;
  for (const Protocol protocol : kProtocols) {
    const ProtocolScore score = Score(result.returns, protocol, reference);
    const std::string name(ProtocolName(protocol));
    metrics.emplace_back(name + "_mean", score.mean);
    metrics.emplace_back(name + "_standard_error", score.standard_error);
    metrics.emplace_back(name + "_normalized", score.normalized);
  }
  const std::vector<double> means = MeanByRollout(result.returns);
  for (size_t rollout = 0; rollout < means.size(); ++rollout) {
    metrics.emplace_back("rollout_" + std::to_string(rollout + 1), means[rollout]);
  }
  metrics.emplace_back("diverged", static_cast<double>(result.diverged.size()));
  return metrics;
}

Metrics ReturnMetrics(const EvaluationResult& result) {
  Metrics metrics;
  for (size_t chain = 0; chain < result.returns.size(); ++chain) {
    const std::string name = "chain_" + std::to_string(chain + 1) + "_rollout_";
    for (size_t rollout = 0; rollout < result.returns[chain].size(); ++rollout) {
      metrics.emplace_back(name + std::to_string(rollout + 1), result.returns[chain][rollout]);
    }
  }
  return metrics;
}

}  // namespace rl
