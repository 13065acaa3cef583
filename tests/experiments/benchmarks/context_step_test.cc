#include "experiments/benchmarks/context_step.h"

#include "tests/support/tolerance.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace experiments {
namespace {

ContextStepOptions Small(const std::string& method) {
  return {.method = method, .tokens = 96, .layers = 2, .heads = 2, .dim = 32};
}

// LibTorch's softmax is the oracle of both others.
TEST(ContextStepTest, EveryMethodComputesTheSame) {
  const ContextStepFigures vanilla = MeasureContextStep(Small("vanilla"), ring::Ring());
  EXPECT_GT(vanilla.gradient_norm, 0);
  EXPECT_GT(vanilla.peak_bytes, 0);
  EXPECT_FALSE(vanilla.out_of_memory);
  for (const char* method : {"memory-efficient", "blockwise"}) {
    const ContextStepFigures figures = MeasureContextStep(Small(method), ring::Ring());
    // float32 sums of 96 terms in another order.
    EXPECT_NEAR(figures.gradient_norm / vanilla.gradient_norm, 1, tests::Tolerance(1e-5)) << method;
  }
  EXPECT_THROW(MeasureContextStep(Small("dense"), ring::Ring()), std::invalid_argument);
}

TEST(ContextStepTest, OnlyVanillaGrowsWithTheSquareOfTheContext) {
  const auto growth = [](const std::string& method, int ring_size) {
    ContextStepOptions options;
    options.method = method;
    options.tokens = 16000;
    const double once = static_cast<double>(PredictContextBytes(options, ring_size));
    options.tokens *= 4;
    return static_cast<double>(PredictContextBytes(options, ring_size)) / once;
  };
  EXPECT_GT(growth("vanilla", 1), 14);
  EXPECT_NEAR(growth("memory-efficient", 1), 4, 0.01);
  EXPECT_NEAR(growth("blockwise", 1), 4, 0.2);
  EXPECT_NEAR(growth("ring", 4), 4, 0.3);
}

TEST(ContextStepTest, ARingOfFourTakesAboutAQuarterOfOneProcess) {
  ContextStepOptions options;
  options.tokens = 128000;
  const double one = static_cast<double>(PredictContextBytes(options, 1));
  EXPECT_NEAR(static_cast<double>(PredictContextBytes(options, 4)) / one, 0.25, 0.05);
}

}  // namespace
}  // namespace experiments
