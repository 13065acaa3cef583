// The name somebody probably meant.
#ifndef EXPERIMENTS_OPTIONS_NEAREST_MATCH_H_
#define EXPERIMENTS_OPTIONS_NEAREST_MATCH_H_

#include <span>
#include <string>
#include <string_view>

namespace experiments {

// The fewest insertions, deletions, replacements and swaps of neighbors that turn `a` into `b`.
int EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `name`, or "" when none is near enough to be worth a guess. A candidate
// that ends in ".name" counts as near: who types --layers means --model.layers.
std::string NearestMatch(std::string_view name, std::span<const std::string> candidates);

// "; did you mean 'x'?", or "" without a match: the tail of an error message.
std::string DidYouMean(std::string_view name, std::span<const std::string> candidates,
                       std::string_view dashes = "");

}  // namespace experiments

#endif  // EXPERIMENTS_OPTIONS_NEAREST_MATCH_H_
