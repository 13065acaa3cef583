// Dropout of attention weights on a ring: the mask belongs to the pair of tokens, not to the rank
// that computes it.
#include "tests/ring/attention/ring_case.h"
#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace ring {
namespace {

RingCase WithDropout() {
  return {.keys = 47,
          .query_heads = 4,
          .key_heads = 4,
          .dtype = at::kDouble,
          .dropout = {.probability = 0.3, .seed = 7, .layer = 2, .first_chain = 5}};
}

TEST(RingDropoutTest, EveryRingAndMethodDropsTheSameWeights) {
  RingCase ring_case = WithDropout();
  const WholeInputs inputs = RandomInputs(ring_case);
  const WholeResult alone = OnRing(ring_case, inputs);
  for (const int ring_size : {2, 3, 4}) {
    for (const LayoutKind layout :
         {LayoutKind::kContiguous, LayoutKind::kZigzag, LayoutKind::kStriped}) {
      for (const RingMethod method :
           {RingMethod::kRing, RingMethod::kAllGather, RingMethod::kHeads}) {
        if (method == RingMethod::kHeads && ring_size == 3) continue;
        ring_case.ring_size = ring_size;
        ring_case.layout = layout;
        ring_case.method = method;
        // One weight dropped elsewhere changes the result by about 1e-2.
        EXPECT_LT(LargestError(OnRing(ring_case, inputs), alone), tests::Tolerance(1e-12))
            << Describe(ring_case);
      }
    }
  }
}

TEST(RingDropoutTest, DropsSomethingAndOtherThingsWithAnotherSeed) {
  RingCase ring_case = WithDropout();
  const WholeInputs inputs = RandomInputs(ring_case);
  const WholeResult first = OnRing(ring_case, inputs);
  EXPECT_GT(LargestError(Dense(ring_case, inputs), first), 0.1);
  ring_case.dropout.seed = 8;
  EXPECT_GT(LargestError(OnRing(ring_case, inputs), first), 0.1);
}

// Along a random direction of each input, on a ring of three.
TEST(RingDropoutTest, GradientEqualsFiniteDifferencesInDouble) {
  RingCase ring_case = WithDropout();
  ring_case.ring_size = 3;
  WholeInputs inputs = RandomInputs(ring_case);
  const WholeResult result = OnRing(ring_case, inputs);
  const auto loss = [&] {
    return (OnRing(ring_case, inputs).out_BHQD * inputs.grad_out_BHQD).sum().item<double>();
  };
  RandomTensors random(302);
  const auto check = [&](at::Tensor& input, const at::Tensor& gradient) {
    const at::Tensor value = input, direction = random.Normal(input.sizes(), at::kDouble);
    const double step = 1e-5;  // error of order step^2
    input = value + step * direction;
    const double above = loss();
    input = value - step * direction;
    const double below = loss();
    input = value;
    EXPECT_NEAR((gradient * direction).sum().item<double>(), (above - below) / (2 * step),
                tests::Tolerance(1e-6));
  };
  check(inputs.q_BHQD, result.grad_q_BHQD);
  check(inputs.k_BGKD, result.grad_k_BGKD);
  check(inputs.v_BGKD, result.grad_v_BGKD);
}

}  // namespace
}  // namespace ring
