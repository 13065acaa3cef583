#include "experiments/options/nearest_match.h"

#include <algorithm>
#include <vector>

namespace experiments {

int EditDistance(std::string_view a, std::string_view b) {
  // Three rows of the usual table suffice: a swap looks back two.
  std::vector<int> before_last(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(current);
  }
  return last[b.size()];
}

std::string NearestMatch(std::string_view name, std::span<const std::string> candidates) {
  std::string nearest;
  // A third of the letters may be wrong; beyond that a guess is noise.
  int least = std::max(2, static_cast<int>(name.size()) / 3) + 1;
  for (const std::string& candidate : candidates) {
    const bool is_last_part = candidate.ends_with("." + std::string(name));
    const int distance = is_last_part ? 0 : EditDistance(name, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string DidYouMean(std::string_view name, std::span<const std::string> candidates,
                       std::string_view dashes) {
  const std::string nearest = NearestMatch(name, candidates);
  if (nearest.empty()) return {};
  return "; did you mean '" + std::string(dashes) + nearest + "'?";
}

}  // namespace experiments
