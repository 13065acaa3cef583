#include "ring/attention/attention.h"

#include "ring/attention/ring_travel.h"
#include "ring/kernel/dense_attention.h"
#include "ring/runtime/trace.h"
#include "tests/ring/attention/ring_case.h"
#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ring {
namespace {

at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, bool causal) {
  const Ring ring;
  return Attention(q, k, v, {.mask = {.causal = causal}},
                   SequenceLayout::Contiguous(k.size(2), ring.size()), ring);
}

struct AttentionCase {
  int64_t batch, heads, queries, keys, head_dim;
  bool causal;
};

class AttentionTest : public testing::TestWithParam<AttentionCase> {};

TEST_P(AttentionTest, EqualsDenseAttentionForwardAndBackward) {
  const auto [B, H, Q, K, D, causal] = GetParam();
  RandomTensors random(301);
  const at::Tensor q = random.NormalByToken({B, H, Q, D}).requires_grad_();
  const at::Tensor k = random.NormalByToken({B, H, K, D}).requires_grad_();
  const at::Tensor v = random.Normal({B, H, K, D}).requires_grad_();
  const at::Tensor grad = random.NormalByToken({B, H, Q, D});

  const at::Tensor out = Attend(q, k, v, causal);
  out.backward(grad);
  const at::Tensor ours[] = {q.grad(), k.grad(), v.grad()};
  for (const at::Tensor& input : {q, k, v}) input.mutable_grad() = at::Tensor();

  const at::Tensor visible = causal ? CausalVisibility(Q, K) : at::Tensor();
  const at::Tensor expected = DenseAttention(q, k, v, visible).out_BHQD;
  expected.backward(grad.to(at::kDouble));
  // 5e-7 was measured for float32 against float64; a wrong block or log-sum-exp is off by 1e-1.
  EXPECT_LT(RelativeError(out, expected), tests::Tolerance(2e-6));
  EXPECT_LT(RelativeError(ours[1], k.grad()), tests::Tolerance(2e-6));
  EXPECT_LT(RelativeError(ours[2], v.grad()), tests::Tolerance(2e-6));
  EXPECT_LT(RelativeError(ours[0], q.grad()), tests::Tolerance(2e-6));

  const at::NoGradGuard no_grad;  // the path of acting
  EXPECT_LT(RelativeError(Attend(q, k, v, causal), expected), tests::Tolerance(2e-6));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AttentionTest,
    testing::Values(AttentionCase{1, 1, 2, 2, 8, true}, AttentionCase{2, 3, 33, 33, 16, true},
                    AttentionCase{1, 1, 257, 257, 128, true},
                    AttentionCase{3, 2, 64, 64, 32, false}, AttentionCase{2, 1, 1, 50, 128, true},
                    AttentionCase{1, 2, 5, 300, 64, true}, AttentionCase{2, 2, 40, 171, 20, true},
                    AttentionCase{1, 1, 100, 101, 24, true}, AttentionCase{1, 1, 13, 70, 8, false}),
    [](const auto& shape) {
      return "Q" + std::to_string(shape.param.queries) + "K" + std::to_string(shape.param.keys) +
             "D" + std::to_string(shape.param.head_dim) + (shape.param.causal ? "Causal" : "Full");
    });

TEST(AttentionTest, GradientEqualsFiniteDifferencesInDouble) {
  RandomTensors random(301);
  at::Tensor q = random.Normal({1, 2, 3, 4}, at::kDouble);
  at::Tensor k = random.Normal({1, 2, 5, 4}, at::kDouble);
  at::Tensor v = random.Normal({1, 2, 5, 4}, at::kDouble);
  const at::Tensor grad = random.Normal({1, 2, 3, 4}, at::kDouble);
  for (at::Tensor* input : {&q, &k, &v}) {
    input->requires_grad_();
    (Attend(q, k, v, /*causal=*/true) * grad).sum().backward();
    const at::Tensor analytic = input->grad().clone();
    input->requires_grad_(false);
    const at::Tensor flat = input->view({-1});
    for (int64_t i = 0; i < flat.numel(); ++i) {
      const double step = 1e-5, value = flat[i].item<double>();  // error of order step^2
      flat[i] = value + step;
      const double above = (Attend(q, k, v, true) * grad).sum().item<double>();
      flat[i] = value - step;
      const double below = (Attend(q, k, v, true) * grad).sum().item<double>();
      flat[i] = value;
      EXPECT_NEAR(analytic.reshape({-1})[i].item<double>(), (above - below) / (2 * step),
                  tests::Tolerance(1e-8));
    }
  }
}

TEST(AttentionTest, FutureKeysNeverChangeThePast) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({1, 1, 20, 16}), k = random.Normal({1, 1, 20, 16});
  at::Tensor changed = k.clone();
  changed.narrow(2, 12, 8).fill_(7.0);
  const at::Tensor before = Attend(q, k, k, /*causal=*/true);
  const at::Tensor after = Attend(q, changed, changed, /*causal=*/true);
  EXPECT_TRUE(at::equal(before.narrow(2, 0, 12), after.narrow(2, 0, 12)));
  EXPECT_FALSE(at::equal(before.narrow(2, 12, 8), after.narrow(2, 12, 8)));
}

TEST(AttentionTest, RefusesWhatDoesNotFit) {
  RandomTensors random(301);
  const at::Tensor x = random.Normal({1, 2, 4, 8}), longer = random.Normal({1, 2, 5, 8});
  EXPECT_THROW(Attend(x, x, longer, true), c10::ValueError);
  EXPECT_THROW(Attend(longer, x, x, true), c10::ValueError);
  EXPECT_THROW(Attend(random.Normal({2, 4, 8}), x, x, true), c10::ValueError);
  EXPECT_THROW(Attend(random.Normal({1, 3, 4, 8}), x, x, true), c10::ValueError);
  EXPECT_THROW(Attention(x, x, x, {}, SequenceLayout::Contiguous(5, 1), Ring()), c10::ValueError);
  EXPECT_THROW(Attention(x, x, x, {}, SequenceLayout::Contiguous(8, 2), Ring()), c10::ValueError);
}

TEST(AttentionTest, ProductsOfBFloat16AreThoseOfTensorsThatWereCast) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({1, 2, 60, 32}), k = random.Normal({1, 1, 60, 32});
  const at::Tensor v = random.Normal({1, 1, 60, 32});
  const SequenceLayout layout = SequenceLayout::Contiguous(60, 1);
  const auto cast = [](const at::Tensor& x) { return x.to(at::kBFloat16); };
  const at::Tensor out = Attention(q, k, v, {.operands = at::kBFloat16}, layout, Ring());
  EXPECT_EQ(out.scalar_type(), at::kFloat);
  const at::Tensor of_cast = Attention(cast(q), cast(k), cast(v), {}, layout, Ring());
  EXPECT_EQ(of_cast.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(at::equal(cast(out), of_cast));
}

// Every layer's messages say which layer's they are; backward goes through the layers in reverse.
TEST(RingAttentionTest, LayersStackAndStepsRepeat) {
  const RingCase ring_case = {.ring_size = 3, .keys = 29, .dtype = at::kDouble};
  const WholeInputs inputs = RandomInputs(ring_case);
  const auto two_steps = [&](const Ring& ring) {
    const SequenceLayout layout = SequenceLayout::Zigzag(29, ring.size());
    const auto shard = [&](const at::Tensor& x) {
      return TakeShard(x, layout, ring.rank(), /*dim=*/2).clone();
    };
    const at::Tensor x = shard(inputs.q_BHQD).requires_grad_();
    for (int step = 0; step < 2; ++step) {
      const at::Tensor k = shard(inputs.k_BGKD);
      const at::Tensor once = Attention(x, k, x, {.layer = 0}, layout, ring);
      const at::Tensor twice = Attention(once, once, x, {.layer = 1}, layout, ring);
      twice.backward(shard(inputs.grad_out_BHQD));
    }
    return x.grad();
  };
  std::vector<at::Tensor> shards(3);
  OnEveryRank(3, Transport::kGloo, [&](const Ring& ring) {
    shards[static_cast<size_t>(ring.rank())] = two_steps(ring);
  });
  const at::Tensor joined = JoinShards(shards, SequenceLayout::Zigzag(29, 3), /*dim=*/2);
  EXPECT_LT(RelativeError(joined, two_steps(Ring())), tests::Tolerance(1e-12));
}

TEST(RingAttentionTest, NoGradientAsksForNoRecord) {
  const RingCase ring_case = {.ring_size = 2, .keys = 21};
  const WholeInputs inputs = RandomInputs(ring_case);
  const WholeResult expected = OnRing(ring_case, inputs);
  std::vector<at::Tensor> shards(2);
  OnEveryRank(2, Transport::kGloo, [&](const Ring& ring) {
    const SequenceLayout layout = SequenceLayout::Zigzag(21, 2);
    const auto shard = [&](const at::Tensor& x) {
      return TakeShard(x, layout, ring.rank(), /*dim=*/2);
    };
    shards[static_cast<size_t>(ring.rank())] = Attention(shard(inputs.q_BHQD), shard(inputs.k_BGKD),
                                                         shard(inputs.v_BGKD), {}, layout, ring);
  });
  for (const at::Tensor& shard : shards) EXPECT_FALSE(shard.requires_grad());
  EXPECT_TRUE(
      at::equal(JoinShards(shards, SequenceLayout::Zigzag(21, 2), /*dim=*/2), expected.out_BHQD));
}

// Each rank says why it stops before it sends or waits for anything; what() names both sides.
TEST(RingAttentionTest, RanksThatDisagreeAreToldSoAllOfThem) {
  RandomTensors random(301);
  const at::Tensor x = random.Normal({1, 2, 6, 8});
  const SequenceLayout layout = SequenceLayout::Zigzag(18, 3);
  std::vector<std::string> said(3);
  OnEveryRank(3, Transport::kGloo, [&](const Ring& ring) {
    AttentionOptions options;
    if (ring.rank() == 1) options.mask.window = 4;
    try {
      Attention(x, x, x, options, layout, ring);
    } catch (const CommunicationError& error) {
      said[static_cast<size_t>(ring.rank())] = error.what();
    }
  });
  for (const std::string& sentence : said) {
    EXPECT_NE(sentence.find("ranks disagree about attention"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("window 4"), std::string::npos) << sentence;
  }
}

TEST(RingAttentionTest, TheTimelineNamesBlocks) {
  const RingCase ring_case = {.ring_size = 2, .keys = 12};
  const WholeInputs inputs = RandomInputs(ring_case);
  std::vector<std::string> events(2);
  OnEveryRank(2, Transport::kGloo, [&](const Ring& ring) {
    AttendShard(ring_case, inputs, ring);
    events[static_cast<size_t>(ring.rank())] = TraceOf(ring)->Events();
  });
  for (const char* name : {"own", "visitor 1", "own, first half", "own, second half"}) {
    EXPECT_NE(events[0].find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace ring
