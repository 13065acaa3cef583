#include "rl/agents/generator_state.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace rl {
namespace {

TEST(GeneratorStateTest, TextReadsBackAsTheSameGenerator) {
  std::mt19937_64 rng(301);
  rng();
  const std::mt19937_64 read = GeneratorFromText(GeneratorToText(rng));
  EXPECT_EQ(read, rng);
}

TEST(GeneratorStateTest, OtherTextIsRefused) {
  EXPECT_THROW(GeneratorFromText("1 2 three"), std::invalid_argument);
}

}  // namespace
}  // namespace rl
