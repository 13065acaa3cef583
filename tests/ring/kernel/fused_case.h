// Attention through a fused kernel beside the dense oracle, for tests with and without a GPU.
#ifndef TESTS_RING_KERNEL_FUSED_CASE_H_
#define TESTS_RING_KERNEL_FUSED_CASE_H_

#include "ring/kernel/cuda_block_attention.h"
#include "tests/ring/kernel/block_problem.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace ring {

struct FusedCase {
  std::string name;
  BlockSizes sizes;
  int64_t prefix = 0;
  Mask mask;
  int64_t block_size = 0;  // keys per block
};

// Runs long enough for pieces of every kind, and odd sizes that no tile of a kernel divides.
inline std::vector<FusedCase> FusedCases() {
  const BlockSizes square = {
      .batch = 2, .query_heads = 4, .key_heads = 2, .queries = 150, .keys = 150, .head_dim = 16};
  const BlockSizes tall = {
      .batch = 1, .query_heads = 3, .key_heads = 1, .queries = 217, .keys = 87, .head_dim = 13};
  const BlockSizes wide = {
      .batch = 1, .query_heads = 2, .key_heads = 2, .queries = 61, .keys = 301, .head_dim = 64};
  const auto causal = [](int64_t q, int64_t k) { return k <= q; };
  return {
      {"full", wide, 0, [](int64_t, int64_t) { return true; }, 128},
      {"causal", square, 0, causal, 150},
      {"causal, blocks of keys", square, 0, causal, 64},
      {"causal, more queries than keys", tall, 0, causal, 40},
      {"striped", square, 0, [](int64_t q, int64_t k) { return 3 * k + 1 <= 3 * q; }, 150},
      {"every other query", tall, 0, [](int64_t q, int64_t k) { return k <= q / 2; }, 87},
      {"window", square, 0, [](int64_t q, int64_t k) { return k <= q && k > q - 37; }, 64},
      {"documents", square, 0, [](int64_t q, int64_t k) { return k <= q && k / 50 == q / 50; }, 70},
      {"prefix and window", square, 21,
       [](int64_t q, int64_t k) { return k < 21 || (k <= q && k > q - 11); }, 150},
      {"first queries see nothing", wide, 0, [](int64_t q, int64_t k) { return q > 40 && k < q; },
       301},
      {"nothing", tall, 0, [](int64_t, int64_t) { return false; }, 87},
  };
}

inline BlockAnswers FusedAnswers(const FusedCase& test, const BlockInputs& inputs,
                                 BlockAttentionOptions options, const FusedKernel& kernel) {
  options.scale = inputs.scale();
  const int64_t num_keys = test.sizes.keys, num_queries = test.sizes.queries;
  std::vector<KeyBlock> blocks;
  for (int64_t begin = 0; begin < num_keys; begin += test.block_size) {
    const int64_t size = std::min(test.block_size, num_keys - begin);
    const Mask part = [&](int64_t query, int64_t key) { return test.mask(query, begin + key); };
    blocks.push_back({begin, VisibilityOf(part, num_queries, size,
                                          std::clamp<int64_t>(test.prefix - begin, 0, size))});
  }
  const auto forward =
      MakeFusedForwardPass(inputs.q_BHQD, test.sizes.key_heads, test.block_size, options, kernel);
  return AnswersOf(inputs, blocks, *forward, [&](const PartialAttention& whole) {
    return MakeFusedBackwardPass(
        {inputs.q_BHQD, whole, inputs.grad_out_BHQD, test.sizes.key_heads, test.block_size},
        options, kernel);
  });
}

// The largest of the results' relative errors; infinite when they disagree on who sees nothing.
inline double FusedError(const BlockAnswers& ours, const BlockAnswers& dense) {
  const auto error = [](const at::Tensor& a, const at::Tensor& b) {
    const double norm = b.norm().item<double>();
    const double difference = (a.cpu().to(at::kDouble) - b).norm().item<double>();
    return norm == 0 ? difference : difference / norm;
  };
  const double hidden = -std::numeric_limits<double>::infinity();
  const at::Tensor lse = ours.lse_BHQ.cpu().to(at::kDouble);
  if (!(lse == hidden).equal(dense.lse_BHQ == hidden)) return -hidden;
  return std::max({error(ours.out_BHQD, dense.out_BHQD),
                   error(lse.masked_fill(lse == hidden, 0),
                         dense.lse_BHQ.masked_fill(dense.lse_BHQ == hidden, 0)),
                   error(ours.grad_q_BHQD, dense.grad_q_BHQD),
                   error(ours.grad_k_BGKD, dense.grad_k_BGKD),
                   error(ours.grad_v_BGKD, dense.grad_v_BGKD)});
}

}  // namespace ring

#endif  // TESTS_RING_KERNEL_FUSED_CASE_H_
