#include "ring/kernel/block_checks.h"

#include "tests/ring/kernel/block_problem.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ring {
namespace {

using testing::HasSubstr;

template <typename Function>
std::string MessageOf(const Function& function) {
  try {
    function();
  } catch (const c10::ValueError& error) {
    return error.what_without_backtrace();
  }
  return "";
}

TEST(BlockChecksTest, QueriesAreOfAServedTypeAndShape) {
  const BlockAttentionOptions options;
  const auto check = [&](const at::Tensor& q, int64_t heads) {
    return MessageOf([&] { CheckQueries(q, heads, 10, options); });
  };
  EXPECT_EQ(check(at::empty({1, 4, 3, 8}), 2), "");
  EXPECT_THAT(check(at::empty({4, 3, 8}), 2), HasSubstr("(batch, heads, tokens, head dimension)"));
  EXPECT_THAT(check(at::empty({1, 4, 3, 8}, at::kHalf), 2), HasSubstr("float32"));
  EXPECT_THAT(check(at::empty({1, 4, 8, 3}).transpose(2, 3), 2), HasSubstr("contiguous last"));
  EXPECT_THAT(check(at::empty({1, 4, 3, 257}), 2), HasSubstr("[1, 256]"));
  EXPECT_THAT(check(at::empty({1, 4, 3, 8}), 3), HasSubstr("choose a divisor"));
}

TEST(BlockChecksTest, OptionsAreInRange) {
  EXPECT_EQ(MessageOf([] { CheckOptions({}); }), "");
  EXPECT_THAT(MessageOf([] { CheckOptions({.scale = 0}); }), HasSubstr("positive"));
  EXPECT_THAT(MessageOf([] { CheckOptions({.operands = at::kInt}); }), HasSubstr("operands"));
  EXPECT_THAT(MessageOf([] { CheckOptions({.dropout = {.probability = 1.0}}); }),
              HasSubstr("[0, 1)"));
}

TEST(BlockChecksTest, BlocksFitThePass) {
  const BlockLimits limits = {
      .batch = 1, .key_heads = 2, .queries = 3, .max_keys = 5, .head_dim = 8};
  const auto check = [&](at::IntArrayRef k, at::IntArrayRef v, int64_t num_keys) {
    const Mask all = [](int64_t, int64_t) { return true; };
    const BlockVisibility visibility = VisibilityOf(all, 3, num_keys);
    return MessageOf([&] { CheckBlock(at::empty(k), at::empty(v), visibility, limits); });
  };
  EXPECT_EQ(check({1, 2, 5, 8}, {1, 2, 5, 8}, 5), "");
  EXPECT_EQ(check({1, 2, 0, 8}, {1, 2, 0, 8}, 0), "");
  EXPECT_THAT(check({1, 2, 5, 8}, {1, 2, 4, 8}, 5), HasSubstr("same sizes"));
  EXPECT_THAT(check({1, 3, 5, 8}, {1, 3, 5, 8}, 5), HasSubstr("(1, 2, any, 8)"));
  EXPECT_THAT(check({1, 2, 6, 8}, {1, 2, 6, 8}, 6), HasSubstr("at most 5 keys"));
  EXPECT_THAT(check({1, 2, 5, 8}, {1, 2, 5, 8}, 4), HasSubstr("visibility"));
}

TEST(BlockChecksTest, GradientsHaveTheResultsType) {
  const at::Tensor k = at::empty({1, 2, 5, 8}, at::kBFloat16);
  EXPECT_EQ(MessageOf([&] { CheckKeyGradient(at::empty({1, 2, 5, 8}), k, at::kBFloat16); }), "");
  EXPECT_THAT(MessageOf([&] { CheckKeyGradient(k, k, at::kBFloat16); }), HasSubstr("gradients"));
  const at::Tensor q = at::empty({1, 2, 3, 8});
  const PartialAttention whole = {at::empty({1, 2, 3, 8}), at::empty({1, 2, 3})};
  EXPECT_EQ(MessageOf([&] { CheckWhole(q, whole, q, at::kFloat); }), "");
  EXPECT_THAT(MessageOf([&] { CheckWhole(q, whole, q, at::kDouble); }), HasSubstr("Double"));
  EXPECT_THAT(MessageOf([&] {
                CheckWhole(q, whole, at::empty({1, 2, 4, 8}), at::kFloat);
              }),
              HasSubstr("sizes"));
}

}  // namespace
}  // namespace ring
