// Draws items without putting them back, each in proportion to its weight.
//
// Drawing again whenever an item comes a second time would do the same, but the last of many items
// then takes as long as the heaviest of those drawn keeps coming. Here an item that is drawn leaves
// a binary indexed tree of weights, and every draw takes one number and log n steps.
#ifndef RL_AGENTS_WEIGHTED_POOL_H_
#define RL_AGENTS_WEIGHTED_POOL_H_

#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace rl {

class WeightedPool {
 public:
  explicit WeightedPool(std::span<const uint64_t> weights);

  int64_t size() const { return static_cast<int64_t>(weights_.size()); }

  // An item of [begin, end) that is still in the pool, which it leaves. Throws std::logic_error
  // when none is, or the range is not one of items.
  int64_t Draw(int64_t begin, int64_t end, std::mt19937_64& rng);

  // REQUIRES: `item` was drawn and is not back.
  void PutBack(int64_t item) { Add(item, weights_[item]); }

 private:
  uint64_t WeightBefore(int64_t item) const;
  void Add(int64_t item, uint64_t weight);

  std::vector<uint64_t> weights_;
  std::vector<uint64_t> tree_;  // [i]: weight in the pool of the items [i & (i + 1), i]
};

}  // namespace rl

#endif  // RL_AGENTS_WEIGHTED_POOL_H_
