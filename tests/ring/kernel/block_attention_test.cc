#include "ring/kernel/block_attention.h"

#include "ring/kernel/attention_dropout.h"
#include "ring/kernel/tile_product.h"
#include "tests/ring/kernel/block_problem.h"
#include "tests/support/tolerance.h"

#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

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
    // Enough heads for the large tiles of keys that backward takes where the cache has room.
    {.batch = 4, .query_heads = 8, .key_heads = 8, .queries = 140, .keys = 290, .head_dim = 8},
};

class BlockAttentionTypesTest : public testing::TestWithParam<at::ScalarType> {};

// float64 is exact to a few hundred ulp of the oracle's own sums; float32's bound is four times the
// error of a perfectly rounded product chain, as measured at these sizes.
TEST_P(BlockAttentionTypesTest, EqualsTheDenseOracleForEveryMask) {
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

INSTANTIATE_TEST_SUITE_P(Types, BlockAttentionTypesTest, testing::Values(at::kFloat, at::kDouble),
                         [](const auto& tested) { return c10::toString(tested.param); });

// Over thousands of keys a sum that is one chain of additions shows: these bounds fail then.
TEST(BlockAttentionTest, ErrorsDoNotGrowWithTheSequence) {
  constexpr int64_t kTokens = 3000;
  const BlockInputs inputs({.queries = kTokens, .keys = kTokens, .head_dim = 32}, 301);
  const Mask causal = [](int64_t q, int64_t k) { return k <= q; };
  const BlockAnswers dense = DenseAnswers(inputs, CausalVisibility(kTokens, kTokens));
  const BlockAnswers ours =
      KernelAnswers(inputs, {{.visibility = VisibilityOf(causal, kTokens, kTokens)}}, {});
  ExpectNear(ours, dense, tests::Tolerance(5e-7));
}

// Operands of bfloat16 lose what rounding the inputs loses, and no more than LibTorch's kernel
// does.
TEST(BlockAttentionTest, BFloat16IsNoWorseThanTheLibrary) {
  constexpr int64_t kTokens = 512;
  const BlockInputs inputs(
      {.query_heads = 2, .key_heads = 2, .queries = kTokens, .keys = kTokens, .head_dim = 64}, 301,
      at::kBFloat16);
  const Mask causal = [](int64_t q, int64_t k) { return k <= q; };
  const BlockAnswers dense = DenseAnswers(inputs, CausalVisibility(kTokens, kTokens));
  const BlockAnswers ours =
      KernelAnswers(inputs, {{.visibility = VisibilityOf(causal, kTokens, kTokens)}},
                    {.operands = at::kBFloat16});
  const auto& [q, k, v, grad] =
      std::tie(inputs.q_BHQD, inputs.k_BGKD, inputs.v_BGKD, inputs.grad_out_BHQD);
  const auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, true);
  const auto [grad_q, grad_k, grad_v] =
      at::_scaled_dot_product_flash_attention_for_cpu_backward(grad, q, k, v, out, lse, 0.0, true);
  EXPECT_LT(ErrorOf(ours.out_BHQD, dense.out_BHQD), ErrorOf(out, dense.out_BHQD));
  EXPECT_LT(ErrorOf(ours.grad_q_BHQD, dense.grad_q_BHQD), ErrorOf(grad_q, dense.grad_q_BHQD));
  EXPECT_LT(ErrorOf(ours.grad_k_BGKD, dense.grad_k_BGKD), ErrorOf(grad_k, dense.grad_k_BGKD));
  EXPECT_LT(ErrorOf(ours.grad_v_BGKD, dense.grad_v_BGKD), ErrorOf(grad_v, dense.grad_v_BGKD));
}

// float32 inputs with bfloat16 operands are the rounded inputs with float32 operands, to the bit.
TEST(BlockAttentionTest, BFloat16OperandsAreRoundedInputs) {
  const BlockInputs inputs({.queries = 70, .keys = 50, .head_dim = 20}, 301);
  BlockInputs rounded = inputs;
  for (at::Tensor* x :
       {&rounded.q_BHQD, &rounded.k_BGKD, &rounded.v_BGKD, &rounded.grad_out_BHQD}) {
    *x = x->to(at::kBFloat16);
  }
  const Mask causal = [](int64_t q, int64_t k) { return k <= q; };
  const std::vector<KeyBlock> block = {{.visibility = VisibilityOf(causal, 70, 50)}};
  const BlockAnswers ours = KernelAnswers(inputs, block, {.operands = at::kBFloat16});
  const BlockAnswers expected = KernelAnswers(rounded, block, {.operands = at::kFloat});
  EXPECT_TRUE(at::equal(ours.out_BHQD, expected.out_BHQD));
  EXPECT_TRUE(at::equal(ours.grad_q_BHQD, expected.grad_q_BHQD));
  EXPECT_TRUE(at::equal(ours.grad_k_BGKD, expected.grad_k_BGKD));
  EXPECT_TRUE(at::equal(ours.grad_v_BGKD, expected.grad_v_BGKD));
}

// Factors 0 and 1 / (1 - p) of one head, queries x keys.
at::Tensor DropoutFactors(const AttentionDropout& dropout, int64_t head,
                          const BlockVisibility& visibility) {
  const int64_t num_queries = visibility.num_queries(), num_keys = visibility.num_keys();
  const at::Tensor factor_QK = at::zeros({num_queries, num_keys}, at::kDouble);
  for (int64_t first = 0; first < num_keys; first += kScoreLanes<double>) {
    const int64_t lanes = std::min(kScoreLanes<double>, num_keys - first);
    std::vector<double> panel(static_cast<size_t>(num_queries * kScoreLanes<double>), 1.0);
    DropWithKeyLanes({.probability = dropout.probability,
                      .head_hash = HeadHash(dropout, 0, head),
                      .num_rows = num_queries,
                      .num_lanes = lanes,
                      .row_positions = visibility.query_positions.data(),
                      .lane_positions = visibility.key_positions.data() + first},
                     panel.data());
    for (int64_t query = 0; query < num_queries; ++query) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        factor_QK[query][first + lane] =
            panel[static_cast<size_t>(query * kScoreLanes<double> + lane)];
      }
    }
  }
  return factor_QK;
}

// The weights are normalised without dropout and multiplied by the factors afterwards.
TEST(BlockAttentionTest, DropoutIsExactInBothDirections) {
  constexpr int64_t kQueries = 60, kKeys = 45;
  const BlockInputs inputs(
      {.query_heads = 2, .key_heads = 1, .queries = kQueries, .keys = kKeys, .head_dim = 12}, 301,
      at::kDouble);
  const Mask causal = [](int64_t q, int64_t k) { return k <= q; };
  const NamedMask named = {"causal", 0, causal};
  const AttentionDropout dropout = {.probability = 0.3, .seed = 9, .layer = 1, .first_head = 5};
  const BlockVisibility visibility = VisibilityOf(causal, kQueries, kKeys);
  const at::Tensor factor_HQK =
      at::stack({DropoutFactors(dropout, 0, visibility), DropoutFactors(dropout, 1, visibility)});

  const auto leaf = [](const at::Tensor& x) { return x.clone().set_requires_grad(true); };
  const at::Tensor q = leaf(inputs.q_BHQD), k = leaf(inputs.k_BGKD), v = leaf(inputs.v_BGKD);
  const at::Tensor hidden = CausalVisibility(kQueries, kQueries).narrow(1, 0, kKeys).logical_not();
  const at::Tensor score = at::matmul(q, k.transpose(2, 3)) * inputs.scale();
  const at::Tensor weight =
      score.masked_fill(hidden, -std::numeric_limits<double>::infinity()).softmax(-1);
  const at::Tensor out = at::matmul(weight * factor_HQK, v);
  const auto grads = torch::autograd::grad({out}, {q, k, v}, {inputs.grad_out_BHQD});

  std::vector<KeyBlock> blocks = CutKeys(named, kQueries, kKeys, 3);
  for (KeyBlock& block : blocks) {
    for (int64_t& position : block.visibility.key_positions) position += block.begin;
  }
  const BlockAnswers ours =
      KernelAnswers(inputs, blocks, {.operands = at::kDouble, .dropout = dropout});
  const double tolerance = tests::Tolerance(1e-13);
  EXPECT_LT(ErrorOf(ours.out_BHQD, out.detach()), tolerance);
  EXPECT_LT(ErrorOf(ours.grad_q_BHQD, grads[0]), tolerance);
  EXPECT_LT(ErrorOf(ours.grad_k_BGKD, grads[1]), tolerance);
  EXPECT_LT(ErrorOf(ours.grad_v_BGKD, grads[2]), tolerance);
}

TEST(BlockAttentionTest, RefusesWhatItCannotServe) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({1, 2, 3, 8});
  EXPECT_THROW(MakeForwardPass(q, 3, 10, {}), c10::ValueError);
  EXPECT_THROW(MakeForwardPass(q.to(at::kHalf), 2, 10, {}), c10::ValueError);
  EXPECT_THROW(MakeBackwardPass(q, {q, q}, q, 2, 10, {}), c10::ValueError);
}

}  // namespace
}  // namespace ring
