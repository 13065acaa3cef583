// Problems for tests of block attention: a mask as a matrix, the same mask as ranges, random
// inputs, and the answers of the dense oracle.
//
// Shapes: B batch, H query heads, G key heads, Q queries, K keys, D head dimension.
#ifndef TESTS_RING_KERNEL_BLOCK_PROBLEM_H_
#define TESTS_RING_KERNEL_BLOCK_PROBLEM_H_

#include "ring/kernel/block_attention.h"
#include "ring/kernel/dense_attention.h"
#include "tests/ring/random_tensors.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace ring {

// Whether query i sees key j. The seen keys besides the first `prefix` must be one range, and so
// must the queries that see a key.
using Mask = std::function<bool(int64_t query, int64_t key)>;

inline BlockVisibility VisibilityOf(const Mask& mask, int64_t num_queries, int64_t num_keys,
                                    int64_t prefix = 0) {
  BlockVisibility visibility;
  visibility.num_prefix_keys = static_cast<int32_t>(prefix);
  const auto range_of = [](int64_t first, int64_t count, const std::function<bool(int64_t)>& in) {
    IndexRange range = {.begin = static_cast<int32_t>(first), .end = static_cast<int32_t>(first)};
    for (int64_t i = first; i < count; ++i) {
      if (!in(i)) continue;
      if (range.end == range.begin) range.begin = static_cast<int32_t>(i);
      range.end = static_cast<int32_t>(i + 1);
    }
    return range;
  };
  for (int64_t query = 0; query < num_queries; ++query) {
    visibility.keys_of_query.push_back(
        range_of(prefix, num_keys, [&](int64_t key) { return mask(query, key); }));
    visibility.query_positions.push_back(query);
  }
  for (int64_t key = 0; key < num_keys; ++key) {
    visibility.queries_of_key.push_back(
        range_of(0, num_queries, [&](int64_t query) { return mask(query, key); }));
    visibility.key_positions.push_back(key);
  }
  return visibility;
}

inline at::Tensor MatrixOf(const Mask& mask, int64_t num_queries, int64_t num_keys) {
  at::Tensor visible_QK = at::zeros({num_queries, num_keys}, at::kBool);
  bool* const visible = visible_QK.mutable_data_ptr<bool>();
  for (int64_t i = 0; i < num_queries * num_keys; ++i) {
    visible[i] = mask(i / num_keys, i % num_keys);
  }
  return visible_QK;
}

struct BlockSizes {
  int64_t batch = 1, query_heads = 1, key_heads = 1, queries = 1, keys = 1, head_dim = 8;
};

struct BlockInputs {
  at::Tensor q_BHQD, k_BGKD, v_BGKD, grad_out_BHQD;

  BlockInputs(const BlockSizes& sizes, uint64_t seed, at::ScalarType type = at::kFloat) {
    RandomTensors random(seed);
    q_BHQD =
        random.NormalByToken({sizes.batch, sizes.query_heads, sizes.queries, sizes.head_dim}, type);
    k_BGKD = random.NormalByToken({sizes.batch, sizes.key_heads, sizes.keys, sizes.head_dim}, type);
    v_BGKD = random.Normal({sizes.batch, sizes.key_heads, sizes.keys, sizes.head_dim}, type);
    grad_out_BHQD =
        random.Normal({sizes.batch, sizes.query_heads, sizes.queries, sizes.head_dim}, type);
  }

  double scale() const { return 1.0 / std::sqrt(static_cast<double>(q_BHQD.size(3))); }
};

struct BlockAnswers {
  at::Tensor out_BHQD, lse_BHQ, grad_q_BHQD, grad_k_BGKD, grad_v_BGKD;
};

// By the dense oracle in float64, key heads expanded.
inline BlockAnswers DenseAnswers(const BlockInputs& inputs, const at::Tensor& visible_QK) {
  const auto leaf = [](const at::Tensor& x) {
    return x.to(at::kDouble).clone().set_requires_grad(true);
  };
  const at::Tensor q = leaf(inputs.q_BHQD), k = leaf(inputs.k_BGKD), v = leaf(inputs.v_BGKD);
  const int64_t group = q.size(1) / k.size(1);
  const PartialAttention dense =
      DenseAttention(q, k.repeat_interleave(group, 1), v.repeat_interleave(group, 1), visible_QK);
  const std::vector<at::Tensor> grads =
      torch::autograd::grad({dense.out_BHQD}, {q, k, v}, {inputs.grad_out_BHQD.to(at::kDouble)});
  return {dense.out_BHQD.detach(), dense.lse_BHQ.detach(), grads[0], grads[1], grads[2]};
}

// By the kernel, the keys in blocks of `block_size` at most.
struct KeyBlock {
  int64_t begin = 0;
  BlockVisibility visibility;
};

// `forward` is fed the blocks and finished; `make_backward` gets what it leaves behind.
template <typename MakeBackward>
BlockAnswers AnswersOf(const BlockInputs& inputs, const std::vector<KeyBlock>& blocks,
                       ForwardPass& forward, const MakeBackward& make_backward) {
  const auto part = [](const at::Tensor& x, const KeyBlock& block) {
    return x.narrow(2, block.begin, block.visibility.num_keys());
  };
  for (const KeyBlock& block : blocks) {
    forward.Attend(part(inputs.k_BGKD, block), part(inputs.v_BGKD, block), block.visibility);
  }
  const PartialAttention whole = forward.Finish();
  const std::unique_ptr<BackwardPass> backward = make_backward(whole);
  const at::Tensor grad_k = at::zeros(inputs.k_BGKD.sizes(), whole.out_BHQD.options());
  const at::Tensor grad_v = at::zeros(inputs.k_BGKD.sizes(), whole.out_BHQD.options());
  for (const KeyBlock& block : blocks) {
    at::Tensor grad_k_part = part(grad_k, block), grad_v_part = part(grad_v, block);
    backward->Attend(part(inputs.k_BGKD, block), part(inputs.v_BGKD, block), block.visibility,
                     grad_k_part, grad_v_part);
  }
  return {whole.out_BHQD, whole.lse_BHQ, backward->FinishGradQ(), grad_k, grad_v};
}

inline BlockAnswers KernelAnswers(const BlockInputs& inputs, const std::vector<KeyBlock>& blocks,
                                  BlockAttentionOptions options) {
  options.scale = inputs.scale();
  const int64_t max_keys = inputs.k_BGKD.size(2), num_key_heads = inputs.k_BGKD.size(1);
  const auto forward = MakeForwardPass(inputs.q_BHQD, num_key_heads, max_keys, options);
  return AnswersOf(inputs, blocks, *forward, [&](const PartialAttention& whole) {
    return MakeBackwardPass(inputs.q_BHQD, whole, inputs.grad_out_BHQD, num_key_heads, max_keys,
                            options);
  });
}

}  // namespace ring

#endif  // TESTS_RING_KERNEL_BLOCK_PROBLEM_H_
