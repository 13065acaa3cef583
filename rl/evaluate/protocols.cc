#include "rl/evaluate/protocols.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace rl {
namespace {

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Sample deviation of the mean: how far it might lie off, had other chains been drawn.
double StandardError(const std::vector<double>& values, double mean) {
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const auto count = static_cast<double>(values.size());
  return std::sqrt(squares / (count - 1) / count);
}

void CheckShape(const ReturnTable& returns) {
  const bool ragged =
      std::any_of(returns.begin(), returns.end(), [&returns](const std::vector<double>& chain) {
        return chain.empty() || chain.size() != returns[0].size();
      });
  if (returns.empty() || ragged) {
    throw std::logic_error("a table of returns needs chains with equally many rollouts");
  }
}

}  // namespace

std::string_view ProtocolName(Protocol protocol) {
  switch (protocol) {
    case Protocol::kFirst:
      return "first";
    case Protocol::kLast:
      return "last";
    case Protocol::kMean:
      return "mean";
    case Protocol::kMax:
      return "max";
  }
  throw std::logic_error("unknown protocol");
}

double ChainScore(const std::vector<double>& returns, Protocol protocol) {
  if (returns.empty()) throw std::logic_error("a chain without rollouts has no score");
  switch (protocol) {
    case Protocol::kFirst:
      return returns.front();
    case Protocol::kLast:
      return returns.back();
    case Protocol::kMean:
      return Mean(returns);
    case Protocol::kMax:
      return *std::max_element(returns.begin(), returns.end());
  }
  throw std::logic_error("unknown protocol");
}

ProtocolScore Score(const ReturnTable& returns, Protocol protocol,
                    const ReturnReference& reference) {
  CheckShape(returns);
  std::vector<double> scores;
  for (const std::vector<double>& chain : returns) scores.push_back(ChainScore(chain, protocol));
  const double mean = Mean(scores);
  return {.mean = mean,
          .standard_error = StandardError(scores, mean),
          .normalized = (mean - reference.random_return) /
                        (reference.expert_return - reference.random_return)};
}

std::vector<double> MeanByRollout(const ReturnTable& returns) {
  CheckShape(returns);
  std::vector<double> means(returns[0].size(), 0.0);
  for (const std::vector<double>& chain : returns) {
    for (size_t rollout = 0; rollout < means.size(); ++rollout) {
      means[rollout] += chain[rollout] / static_cast<double>(returns.size());
    }
  }
  return means;
}

}  // namespace rl
