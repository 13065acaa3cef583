#include "rl/agents/weighted_pool.h"

#include "rl/agents/hindsight.h"

#include <bit>
#include <stdexcept>

namespace rl {

WeightedPool::WeightedPool(std::span<const uint64_t> weights)
    : weights_(weights.begin(), weights.end()), tree_(weights.size(), 0) {
  for (int64_t item = 0; item < size(); ++item) Add(item, weights_[item]);
}

int64_t WeightedPool::Draw(int64_t begin, int64_t end, std::mt19937_64& rng) {
  if (begin < 0 || begin > end || end > size()) {
    throw std::logic_error("WeightedPool: a range that is not one of items");
  }
  const uint64_t before = WeightBefore(begin);
  uint64_t target = before + DrawBelow(WeightBefore(end) - before, rng);
  // The first item whose weight, added to all before it, exceeds the target.
  int64_t item = 0;
  for (auto width = static_cast<int64_t>(std::bit_floor(tree_.size())); width > 0; width /= 2) {
    if (item + width <= size() && tree_[item + width - 1] <= target) {
      item += width;
      target -= tree_[item - 1];
    }
  }
  Add(item, -weights_[item]);
  return item;
}

uint64_t WeightedPool::WeightBefore(int64_t item) const {
  uint64_t sum = 0;
  for (; item > 0; item &= item - 1) sum += tree_[item - 1];
  return sum;
}

// Modulo 2^64, so that a weight can be taken away by adding its negative.
void WeightedPool::Add(int64_t item, uint64_t weight) {
  for (; item < size(); item |= item + 1) tree_[item] += weight;
}

}  // namespace rl
