#include "models/transformer_trunk.h"

#include "models/transformer_layer.h"
#include "models/transformer_pass.h"
#include "tests/models/random_context.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace models {
namespace {

class TransformerTrunkTest : public testing::Test {
 protected:
  TransformerTrunkTest() : trunk_(options_) {
    at::Generator generator = MakeGenerator(301);
    for (at::Tensor& parameter : trunk_.parameters()) parameter.normal_(0.1, 0.3, generator);
    x_BTD_ = at::randn({2, 21, options_.model_dim}, generator);
  }

  at::Tensor Forward(const at::Tensor& x_BTD) const {
    const auto layout = ring::SequenceLayout::Contiguous(x_BTD.size(1), ring_.size());
    return trunk_.Forward(x_BTD, {.ring = ring_, .layout = layout});
  }

  const at::NoGradGuard no_grad_;
  const ring::Ring ring_;
  const AgenticTransformerOptions options_ = SmallOptions(TokenLayout::kFour);
  TransformerTrunk trunk_;
  at::Tensor x_BTD_;
};

TEST_F(TransformerTrunkTest, EqualsItsLayersOneAfterAnother) {
  at::Tensor expected_BTD = x_BTD_;
  const auto layout = ring::SequenceLayout::Contiguous(x_BTD_.size(1), ring_.size());
  for (const auto& layer : trunk_.children()) {
    expected_BTD =
        layer->as<TransformerLayer>()->Forward(expected_BTD, {.ring = ring_, .layout = layout});
  }
  EXPECT_EQ(trunk_.children().size(), 2);
  EXPECT_TRUE(at::equal(Forward(x_BTD_), expected_BTD));
}

TEST_F(TransformerTrunkTest, ContinuedInPiecesEqualsForward) {
  const auto cache = trunk_.MakeCache(2, ring_);
  std::vector<at::Tensor> pieces;
  int64_t begin = 0;
  for (const int64_t length : {1, 13, 2, 5}) {
    pieces.push_back(trunk_.Continue(x_BTD_.narrow(1, begin, length), *cache));
    EXPECT_EQ(cache->length(), begin += length);
  }
  EXPECT_LT((at::cat(pieces, 1) - Forward(x_BTD_)).abs().max().item<double>(),
            tests::Tolerance(1e-5));
}

TEST_F(TransformerTrunkTest, AnotherTrunksCacheIsRefused) {
  struct Foreign : TrunkCache {
    int64_t batch_size() const override { return 2; }
    int64_t length() const override { return 0; }
    int64_t bytes() const override { return 0; }
    void Truncate(int64_t /*length*/) override {}
  } foreign;
  EXPECT_THROW(trunk_.Continue(x_BTD_, foreign), c10::Error);
}

}  // namespace
}  // namespace models
