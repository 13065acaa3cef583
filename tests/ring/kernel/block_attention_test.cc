#include "ring/kernel/block_attention.h"

#include "tests/ring/kernel/block_problem.h"
#include "tests/support/tolerance.h"

#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace ring {
namespace {

struct NamedMask {
  std::string name;
  int64_t prefix;
  Mask mask;
};

// Every kind of mask there is, for Q queries and K keys.
std::vector<NamedMask> AllMasks(int64_t num_queries, int64_t num_keys) {
  const int64_t shift = num_keys - num_queries;
  const auto causal = [shift](int64_t q, int64_t k) { return k <= q + shift; };
  const int64_t prefix = std::min<int64_t>(num_keys, 21);
  return {
      {"full", 0, [](int64_t, int64_t) { return true; }},
      {"causal, last queries", 0, causal},
      {"causal, first queries", 0, [](int64_t q, int64_t k) { return k <= q; }},
      {"window", 0, [=](int64_t q, int64_t k) { return causal(q, k) && k > q + shift - 37; }},
      {"documents", 0, [=](int64_t q, int64_t k) { return causal(q, k) && q / 50 == k / 50; }},
      {"window and prefix", prefix,
       [=](int64_t q, int64_t k) { return k < prefix || (k <= q && k > q - 11); }},
      {"nothing", 0, [](int64_t, int64_t) { return false; }},
  };
}

// Blocks of keys of uneven sizes, the middle one first.
std::vector<KeyBlock> CutKeys(const NamedMask& named, int64_t num_queries, int64_t num_keys,
                              int64_t num_blocks) {
  std::vector<KeyBlock> blocks;
  for (int64_t i = 0; i < num_blocks; ++i) {
    const int64_t which = (i + num_blocks / 2) % num_blocks;
    const int64_t begin = num_keys * which * which / (num_blocks * num_blocks);
    const int64_t end = num_keys * (which + 1) * (which + 1) / (num_blocks * num_blocks);
    const Mask part = [&](int64_t query, int64_t key) { return named.mask(query, begin + key); };
    const int64_t prefix = std::clamp<int64_t>(named.prefix - begin, 0, end - begin);
    blocks.push_back(
        {.begin = begin, .visibility = VisibilityOf(part, num_queries, end - begin, prefix)});
  }
  return blocks;
}

double ErrorOf(const at::Tensor& ours, const at::Tensor& dense) {
  const double norm = dense.norm().item<double>();
  const double difference = (ours.to(at::kDouble) - dense).norm().item<double>();
  return norm == 0 ? difference : difference / norm;
}

void ExpectNear(const BlockAnswers& ours, const BlockAnswers& dense, double tolerance) {
  EXPECT_LT(ErrorOf(ours.out_BHQD, dense.out_BHQD), tolerance);
  EXPECT_LT(ErrorOf(ours.grad_q_BHQD, dense.grad_q_BHQD), tolerance);
  EXPECT_LT(ErrorOf(ours.grad_k_BGKD, dense.grad_k_BGKD), tolerance);
  EXPECT_LT(ErrorOf(ours.grad_v_BGKD, dense.grad_v_BGKD), tolerance);
  const at::Tensor unseen = dense.lse_BHQ == -std::numeric_limits<double>::infinity();
  EXPECT_TRUE(at::equal(ours.lse_BHQ == -std::numeric_limits<double>::infinity(), unseen));
  EXPECT_LT(ErrorOf(ours.lse_BHQ.masked_fill(unseen, 0), dense.lse_BHQ.masked_fill(unseen, 0)),
            tolerance);
}

constexpr BlockSizes kSizes[] = {
    {.batch = 2, .query_heads = 4, .key_heads = 2, .queries = 70, .keys = 70, .head_dim = 16},
    {.batch = 1, .query_heads = 1, .key_heads = 1, .queries = 300, .keys = 531, .head_dim = 64},
    {.batch = 1, .query_heads = 3, .key_heads = 1, .queries = 129, .keys = 17, .head_dim = 5},
    {.batch = 1, .query_heads = 2, .key_heads = 2, .queries = 1, .keys = 300, .head_dim = 33},
    {.batch = 1, .query_heads = 1, .key_heads = 1, .queries = 50, .keys = 90, .head_dim = 256},
};

class BlockAttentionTest : public testing::TestWithParam<at::ScalarType> {};

// float64 is exact to a few hundred ulp of the oracle's own sums; float32's bound is four times the
// error of a perfectly rounded product chain, as measured at these sizes.
TEST_P(BlockAttentionTest, EqualsTheDenseOracleForEveryMask) {
  const double tolerance = tests::Tolerance(GetParam() == at::kDouble ? 1e-13 : 1e-6);
  for (const BlockSizes& sizes : kSizes) {
    const BlockInputs inputs(sizes, 301, GetParam());
    for (const NamedMask& named : AllMasks(sizes.queries, sizes.keys)) {
      const BlockAnswers dense =
          DenseAnswers(inputs, MatrixOf(named.mask, sizes.queries, sizes.keys));
      for (const int64_t num_blocks : {1, 3}) {
        SCOPED_TRACE(named.name + ", " + std::to_string(sizes.queries) + " queries, " +
                     std::to_string(num_blocks) + " blocks");
        const auto blocks = CutKeys(named, sizes.queries, sizes.keys, num_blocks);
        ExpectNear(KernelAnswers(inputs, blocks, {.operands = GetParam()}), dense, tolerance);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, BlockAttentionTest, testing::Values(at::kFloat, at::kDouble),
                         [](const auto& tested) { return c10::toString(tested.param); });

}  // namespace
}  // namespace ring
