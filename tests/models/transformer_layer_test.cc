#include "models/transformer_layer.h"

#include "ring/kernel/dense_attention.h"
#include "tests/models/random_context.h"
#include "tests/support/tolerance.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace models {
namespace {

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

  // The factors are what the two dropouts multiply by.
  at::Tensor Layer(const at::Tensor& x_BTD, Activation activation,
                   const at::Tensor& attention_factor,
                   const at::Tensor& feed_forward_factor) const {
    const at::Tensor y_BTD =
        x_BTD + SelfAttention(Normalized(x_BTD, "attention_norm")) * attention_factor;
    at::Tensor hidden = Map(Normalized(y_BTD, "feed_forward_norm"), "feed_forward.up");
    hidden = activation == Activation::kRelu ? hidden.clamp_min(0) : at::gelu(hidden, "tanh");
    return y_BTD + Map(hidden, "feed_forward.down") * feed_forward_factor;
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

// Weights small enough that no score of the attention drowns all others.
std::shared_ptr<TransformerLayer> RandomLayer(const AgenticTransformerOptions& options) {
  const auto layer = std::make_shared<TransformerLayer>(options, /*layer=*/0);
  const at::NoGradGuard no_grad;
  at::Generator generator = MakeGenerator(301);
  for (auto& parameter : layer->parameters()) {
    if (parameter.dim() == 2) {
      parameter.normal_(0, 1 / std::sqrt(static_cast<double>(options.model_dim)), generator);
    } else {
      parameter.normal_(0.5, 0.3, generator);
    }
  }
  return layer;
}

double RelativeError(const at::Tensor& ours, const at::Tensor& expected) {
  return ((ours - expected).norm() / expected.norm()).item<double>();
}

TEST(TransformerLayerTest, EqualsTheTextbook) {
  const at::NoGradGuard no_grad;
  for (const Activation activation : {Activation::kRelu, Activation::kGelu}) {
    const AgenticTransformerOptions options = OptionsWith(activation);
    const auto layer = RandomLayer(options);
    at::Generator generator = MakeGenerator(302);
    const at::Tensor x_BTD = at::randn({2, 21, options.model_dim}, generator);
    const ring::Ring ring;
    const auto tokens = ring::SequenceLayout::Contiguous(x_BTD.size(1), ring.size());
    const at::Tensor ours = layer->Forward(x_BTD, {.ring = ring, .layout = tokens});
    const at::Tensor one = at::ones({1});
    const at::Tensor expected =
        Textbook(*layer, options.num_heads).Layer(x_BTD.to(at::kDouble), activation, one, one);
    EXPECT_LT((ours - expected).abs().max().item<double>(), tests::Tolerance(2e-5))
        << ToString(activation);
  }
}

// Of which shape a trained layer is.
struct TrainedShape {
  Activation activation;
  int64_t num_heads, model_dim, num_tokens;
  double dropout;
};

// Result and gradients against the textbook's, which autograd differentiates in double precision.
void ExpectTrainsAsTheTextbook(const TrainedShape& shape) {
  AgenticTransformerOptions options = OptionsWith(shape.activation);
  options.num_heads = shape.num_heads;
  options.model_dim = shape.model_dim;
  options.residual_dropout = shape.dropout;
  const auto layer = RandomLayer(options);
  at::Generator generator = MakeGenerator(303);
  const std::vector<int64_t> sizes = {2, shape.num_tokens, shape.model_dim};
  const at::Tensor x_BTD = at::randn(sizes, generator).requires_grad_();
  const at::Tensor grad_BTD = at::randn(sizes, generator);
  const ring::Ring ring;
  const auto tokens = ring::SequenceLayout::Contiguous(shape.num_tokens, ring.size());
  const DropoutKey key = {.seed = 301, .train_step = 5};
  const at::Tensor ours = layer->Forward(x_BTD, {.ring = ring, .layout = tokens, .dropout = &key});
  ours.backward(grad_BTD);

  const auto factor = [&](DropoutSite site) {
    return Dropout(at::ones(sizes), shape.dropout, &key, {.layer = 0, .site = site});
  };
  const at::Tensor wide_BTD = x_BTD.detach().to(at::kDouble).requires_grad_();
  const at::Tensor expected =
      Textbook(*layer, shape.num_heads)
          .Layer(wide_BTD, shape.activation, factor(DropoutSite::kAttention),
                 factor(DropoutSite::kFeedForward));
  EXPECT_LT(RelativeError(ours, expected), tests::Tolerance(2e-6));
  std::vector<at::Tensor> inputs = layer->parameters(), own = {x_BTD.grad()};
  for (const at::Tensor& parameter : inputs) own.push_back(parameter.grad());
  inputs.insert(inputs.begin(), wide_BTD);
  const auto gradients = torch::autograd::grad({expected}, inputs, {grad_BTD.to(at::kDouble)});
  for (size_t i = 0; i < own.size(); ++i) {
    EXPECT_LT(RelativeError(own[i], gradients[i]), tests::Tolerance(1e-5)) << "input " << i;
  }
}

TEST(TransformerLayerTest, TrainsAsTheTextbook) {
  for (const Activation activation : {Activation::kRelu, Activation::kGelu}) {
    ExpectTrainsAsTheTextbook({activation, /*num_heads=*/2, /*model_dim=*/16, 21, /*dropout=*/0.1});
  }
  // More than one block of rows, the last one cut; no multiple of a vector; several blocks of
  // depth.
  ExpectTrainsAsTheTextbook({Activation::kRelu, 1, 12, 70, 0.2});
  ExpectTrainsAsTheTextbook({Activation::kRelu, 3, 90, 65, 0});
  ExpectTrainsAsTheTextbook({Activation::kRelu, 2, 288, 33, 0.1});
}

TEST(TransformerLayerTest, GradientsDoNotDependOnTheNumberOfThreads) {
  const AgenticTransformerOptions options = OptionsWith(Activation::kRelu);
  const auto layer = RandomLayer(options);
  const int num_threads = at::get_num_threads();
  std::vector<at::Tensor> gradients;
  for (const int threads : {1, 3}) {
    at::set_num_threads(threads);
    const at::Tensor x_BTD =
        at::randn({3, 150, options.model_dim}, MakeGenerator(304)).requires_grad_();
    const ring::Ring ring;
    const auto tokens = ring::SequenceLayout::Contiguous(x_BTD.size(1), ring.size());
    layer->zero_grad();
    layer->Forward(x_BTD, {.ring = ring, .layout = tokens}).square().sum().backward();
    gradients.push_back(x_BTD.grad());
    for (const auto& item : layer->named_parameters()) {
      if (item.key().ends_with("bias")) gradients.push_back(item.value().grad().clone());
    }
  }
  at::set_num_threads(num_threads);
  const size_t count = gradients.size() / 2;
  for (size_t i = 0; i < count; ++i) EXPECT_TRUE(at::equal(gradients[i], gradients[i + count]));
}

}  // namespace
}  // namespace models
