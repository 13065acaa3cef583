#include "models/key_value_cache.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace models {
namespace {

KeyValueCacheOptions SmallCache() {
  return {.num_layers = 2, .batch_size = 2, .num_heads = 3, .head_dim = 4, .initial_capacity = 2};
}

// Appends tokens begin .. end, token t filled with t (keys) and -t (values), to both layers.
KeyValueCache::Slice AppendTokens(KeyValueCache& cache, int64_t begin, int64_t end) {
  const at::Tensor value_BHTD =
      at::arange(begin, end, at::kFloat).view({1, 1, -1, 1}).expand({2, 3, end - begin, 4});
  cache.Append(0, value_BHTD, value_BHTD.neg());
  const KeyValueCache::Slice slice = cache.Append(1, value_BHTD, value_BHTD.neg());
  cache.Advance(end - begin);
  return slice;
}

void ExpectTokens(const KeyValueCache::Slice& slice, int64_t count) {
  const at::Tensor expected_BHTD =
      at::arange(count, at::kFloat).view({1, 1, -1, 1}).expand({2, 3, count, 4});
  EXPECT_TRUE(at::equal(slice.k_BHKD, expected_BHTD));
  EXPECT_TRUE(at::equal(slice.v_BHKD, expected_BHTD.neg()));
}

TEST(KeyValueCacheTest, GrowthKeepsWhatWasSeen) {
  KeyValueCache cache(SmallCache());
  ExpectTokens(AppendTokens(cache, 0, 1), 1);
  ExpectTokens(AppendTokens(cache, 1, 4), 4);
  ExpectTokens(AppendTokens(cache, 4, 11), 11);
  EXPECT_EQ(cache.length(), 11);
}

TEST(KeyValueCacheTest, CapacityAtLeastDoublesWhenItRunsOut) {
  KeyValueCache cache(SmallCache());
  AppendTokens(cache, 0, 3);
  EXPECT_EQ(cache.capacity(), 4);
  AppendTokens(cache, 3, 5);
  EXPECT_EQ(cache.capacity(), 8);
  AppendTokens(cache, 5, 30);
  EXPECT_EQ(cache.capacity(), 30);
}

TEST(KeyValueCacheTest, TruncateForgetsTheEndAndKeepsTheMemory) {
  KeyValueCache cache(SmallCache());
  AppendTokens(cache, 0, 5);
  const int64_t capacity = cache.capacity();
  cache.Truncate(2);
  EXPECT_EQ(cache.length(), 2);
  ExpectTokens(AppendTokens(cache, 2, 4), 4);
  EXPECT_EQ(cache.capacity(), capacity);
  cache.Clear();
  EXPECT_EQ(cache.length(), 0);
}

TEST(KeyValueCacheTest, TokensCountOnlyOnceAdvanced) {
  KeyValueCache cache(SmallCache());
  const at::Tensor token = at::zeros({2, 3, 1, 4});
  cache.Append(0, token, token);
  EXPECT_EQ(cache.length(), 0);
}

TEST(KeyValueCacheTest, RowsOfAHeadLieSideBySide) {
  KeyValueCache cache(SmallCache());
  const KeyValueCache::Slice slice = AppendTokens(cache, 0, 5);
  EXPECT_EQ(slice.k_BHKD.stride(3), 1);
  EXPECT_EQ(slice.k_BHKD.stride(2), 4);
}

TEST(KeyValueCacheTest, BrokenContractsAreRefused) {
  KeyValueCache cache(SmallCache());
  AppendTokens(cache, 0, 2);
  EXPECT_THROW(cache.Truncate(3), c10::Error);
  EXPECT_THROW(cache.Advance(1), c10::Error);
  EXPECT_THROW(cache.Append(2, at::zeros({2, 3, 1, 4}), at::zeros({2, 3, 1, 4})), c10::Error);
  EXPECT_THROW(cache.Append(0, at::zeros({1, 3, 1, 4}), at::zeros({1, 3, 1, 4})), c10::Error);
  EXPECT_THROW(KeyValueCache({.num_layers = 1, .batch_size = 0, .num_heads = 1, .head_dim = 1}),
               c10::ValueError);
}

}  // namespace
}  // namespace models
