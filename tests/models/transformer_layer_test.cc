#include "models/transformer_layer.h"

#include "ring/kernel/dense_attention.h"
#include "tests/models/random_context.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace models {
namespace {

constexpr double kStd = 0.3;

AgenticTransformerOptions OptionsWith(Activation activation) {
  AgenticTransformerOptions options = SmallOptions(TokenLayout::kStep);
  options.activation = activation;
  return options;
}

// The layer as a textbook writes it, in double precision and with dense attention.
class Textbook {
 public:
  Textbook(const TransformerLayer& layer, int64_t num_heads)
      : parameters_(layer.named_parameters()), num_heads_(num_heads) {}

  at::Tensor Layer(const at::Tensor& x_BTD, Activation activation) const {
    const at::Tensor y_BTD = x_BTD + SelfAttention(Normalized(x_BTD, "attention_norm"));
    at::Tensor hidden = Map(Normalized(y_BTD, "feed_forward_norm"), "feed_forward.up");
    hidden = activation == Activation::kRelu ? hidden.clamp_min(0) : at::gelu(hidden, "tanh");
    return y_BTD + Map(hidden, "feed_forward.down");
  }

 private:
  at::Tensor Parameter(const std::string& name) const { return parameters_[name].to(at::kDouble); }

  at::Tensor Map(const at::Tensor& x, const std::string& name) const {
    return at::linear(x, Parameter(name + ".weight"), Parameter(name + ".bias"));
  }

  at::Tensor Normalized(const at::Tensor& x, const std::string& name) const {
    const at::Tensor centered = x - x.mean(-1, /*keepdim=*/true);
    const at::Tensor variance = centered.square().mean(-1, /*keepdim=*/true);
    return centered / (variance + 1e-5).sqrt() * Parameter(name + ".weight") +
           Parameter(name + ".bias");
  }

  at::Tensor SelfAttention(const at::Tensor& x_BTD) const {
    const auto parts = Map(x_BTD, "attention.qkv").chunk(3, /*dim=*/-1);
    const auto heads = [&](const at::Tensor& y_BTD) {
      return y_BTD.unflatten(-1, {num_heads_, -1}).transpose(1, 2);
    };
    const at::Tensor visible = ring::CausalVisibility(x_BTD.size(1), x_BTD.size(1));
    const at::Tensor out_BHTC =
        ring::DenseAttention(heads(parts[0]), heads(parts[1]), heads(parts[2]), visible).out_BHQD;
    return Map(out_BHTC.transpose(1, 2).flatten(2), "attention.out");
  }

  torch::OrderedDict<std::string, at::Tensor> parameters_;
  int64_t num_heads_;
};

TEST(TransformerLayerTest, EqualsTheTextbook) {
  const at::NoGradGuard no_grad;
  for (const Activation activation : {Activation::kRelu, Activation::kGelu}) {
    const AgenticTransformerOptions options = OptionsWith(activation);
    TransformerLayer layer(options, /*layer=*/0);
    at::Generator generator = MakeGenerator(301);
    for (auto& parameter : layer.parameters()) parameter.normal_(0.2, kStd, generator);
    const at::Tensor x_BTD = at::randn({2, 21, options.model_dim}, generator);
    const ring::Ring ring;
    const auto tokens = ring::SequenceLayout::Contiguous(x_BTD.size(1), ring.size());
    const at::Tensor ours = layer.Forward(x_BTD, {.ring = ring, .layout = tokens});
    const at::Tensor expected =
        Textbook(layer, options.num_heads).Layer(x_BTD.to(at::kDouble), activation);
    EXPECT_LT((ours - expected).abs().max().item<double>(), tests::Tolerance(2e-5))
        << ToString(activation);
  }
}

}  // namespace
}  // namespace models
