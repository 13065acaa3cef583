#include "experiments/benchmarks/context_step.h"

#include "ring/attention/attention.h"
#include "ring/attention/ring_planner.h"
#include "rl/train/training_meter.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <c10/util/Exception.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <new>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <sys/resource.h>

namespace experiments {
namespace {

constexpr int64_t kFeedForward = 4;  // hidden width, in units of the width

struct Layer {
  at::Tensor qkv, out, up, down;
};

// The trunk on this rank's shard. T tokens of the shard, H heads, D width, E head width.
class Trunk {
 public:
  Trunk(const ContextStepOptions& options, const ring::Ring& ring)
      : options_(options),
        ring_(ring),
        layout_(ring::SequenceLayout::Make(ring::LayoutKind::kZigzag, options.tokens, ring.size())),
        generator_(at::make_generator<at::CPUGeneratorImpl>(/*seed=*/301)) {
    const int64_t d = options.dim;
    for (int64_t layer = 0; layer < options.layers; ++layer) {
      layers_.push_back({.qkv = Weight(3 * d, d),
                         .out = Weight(d, d),
                         .up = Weight(kFeedForward * d, d),
                         .down = Weight(d, kFeedForward * d)});
    }
  }

  // Forward, then the gradients of all weights.
  void Step() {
    at::Tensor x_BTD = at::randn({1, layout_.ShardSize(ring_.rank()), options_.dim}, generator_,
                                 at::TensorOptions());
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      x_BTD = x_BTD + Attend(Norm(x_BTD), layers_[layer], static_cast<int32_t>(layer));
      const at::Tensor hidden = at::relu(at::linear(Norm(x_BTD), layers_[layer].up));
      x_BTD = x_BTD + at::linear(hidden, layers_[layer].down);
    }
    x_BTD.square().sum().backward();
  }

  double GradientNorm() const { return layers_[0].qkv.grad().norm().item<double>(); }

 private:
  at::Tensor Weight(int64_t rows, int64_t columns) {
    return at::randn({rows, columns}, generator_, at::TensorOptions()).mul_(0.02).requires_grad_();
  }

  at::Tensor Norm(const at::Tensor& x_BTD) const { return at::layer_norm(x_BTD, {options_.dim}); }

  at::Tensor Attend(const at::Tensor& x_BTD, const Layer& layer, int32_t place) const {
    const int64_t tokens = x_BTD.size(1), head_dim = options_.dim / options_.heads;
    const std::vector<at::Tensor> qkv = at::linear(x_BTD, layer.qkv)
                                            .view({1, tokens, 3 * options_.heads, head_dim})
                                            .transpose(1, 2)
                                            .chunk(3, /*dim=*/1);
    const at::Tensor out_BHTE = AttendHeads(qkv[0], qkv[1], qkv[2], place);
    return at::linear(out_BHTE.transpose(1, 2).reshape(x_BTD.sizes()), layer.out);
  }

  at::Tensor AttendHeads(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         int32_t place) const {
    if (options_.method == "memory-efficient") {
      return at::scaled_dot_product_attention(q, k, v, /*attn_mask=*/{}, /*dropout_p=*/0.0,
                                              /*is_causal=*/true);
    }
    if (options_.method == "vanilla") {
      const int64_t tokens = q.size(2);
      at::Tensor scores_BHTT =
          at::matmul(q, k.transpose(2, 3)) / std::sqrt(static_cast<double>(q.size(3)));
      const at::Tensor future = at::ones({tokens, tokens}, at::kBool).triu(1);
      scores_BHTT = scores_BHTT.masked_fill(future, -std::numeric_limits<double>::infinity());
      return at::matmul(at::softmax(scores_BHTT, /*dim=*/-1), v);
    }
    return ring::Attention(q, k, v, {.mask = {.causal = true}, .layer = place}, layout_, ring_);
  }

  const ContextStepOptions& options_;
  const ring::Ring& ring_;
  ring::SequenceLayout layout_;
  at::Generator generator_;
  std::vector<Layer> layers_;
};

void LimitMemory(int64_t bytes) {
  if (bytes == 0) return;
  const rlimit limit = {.rlim_cur = static_cast<rlim_t>(bytes),
                        .rlim_max = static_cast<rlim_t>(bytes)};
  if (setrlimit(RLIMIT_DATA, &limit) != 0) throw std::runtime_error("cannot limit memory");
}

// LibTorch's allocator has no exception of its own.
bool IsOutOfMemory(const c10::Error& error) {
  return std::string_view(error.what()).find("can't allocate memory") != std::string_view::npos;
}

void CheckOptions(const ContextStepOptions& options, const ring::Ring& ring) {
  const bool is_ours = options.method == "blockwise" || options.method == "ring";
  if (!is_ours && options.method != "vanilla" && options.method != "memory-efficient") {
    throw std::invalid_argument("--method is vanilla, memory-efficient, blockwise or ring, not '" +
                                options.method + "'");
  }
  if (!is_ours && ring.size() > 1) {
    throw std::invalid_argument("--method " + options.method + " knows no ring");
  }
}

}  // namespace

ContextStepFigures MeasureContextStep(const ContextStepOptions& options, const ring::Ring& ring) {
  CheckOptions(options, ring);
  LimitMemory(options.budget_bytes);
  ContextStepFigures figures;
  const auto begin = std::chrono::steady_clock::now();
  try {
    Trunk trunk(options, ring);
    trunk.Step();
    figures.gradient_norm = trunk.GradientNorm();
  } catch (const c10::Error& error) {
    if (!IsOutOfMemory(error)) throw;
    figures.out_of_memory = true;
  } catch (const std::bad_alloc&) {
    figures.out_of_memory = true;
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  figures.seconds = taken.count();
  figures.peak_bytes = rl::PeakMemoryBytes();
  return figures;
}

int64_t PredictContextBytes(const ContextStepOptions& options, int ring_size) {
  constexpr int64_t kFloat = 4;
  const int64_t tokens = (options.tokens + ring_size - 1) / ring_size;
  const int64_t token_bytes = tokens * options.dim * kFloat;
  const int64_t trunk = token_bytes * ((5 + kFeedForward) * options.layers + 2 * kFeedForward);
  if (options.method == "blockwise" || options.method == "ring") {
    ring::RingProblem problem{.num_tokens = options.tokens, .ring_size = ring_size};
    problem.mask.causal = true;
    problem.query_heads = problem.key_heads = options.heads;
    problem.head_dim = options.dim / options.heads;
    problem.layers = options.layers;
    problem.shared_memory = true;
    const ring::RingRates rates{.flops_per_second = 1, .bytes_per_second = 1};
    return trunk + ring::PredictRing(problem, rates).methods.front().training_bytes;
  }
  const int64_t attention = token_bytes * (4 * options.layers + 4);
  if (options.method == "memory-efficient") return trunk + attention;
  return trunk + attention + tokens * tokens * options.heads * kFloat * (options.layers + 2);
}

}  // namespace experiments
