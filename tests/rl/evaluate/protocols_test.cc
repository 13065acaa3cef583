#include "rl/evaluate/protocols.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace rl {
namespace {

using ::testing::ElementsAre;

// Three chains of four rollouts.
//   first 10 20 60, last 40 30 50, mean 25 25 50, max 40 30 60
const ReturnTable kReturns{{10, 30, 20, 40}, {20, 25, 25, 30}, {60, 40, 50, 50}};
const ReturnReference kReference{.random_return = 20, .expert_return = 120, .source = "by hand"};

TEST(ProtocolsTest, EachProtocolReadsAChainItsOwnWay) {
  EXPECT_EQ(ChainScore(kReturns[0], Protocol::kFirst), 10);
  EXPECT_EQ(ChainScore(kReturns[0], Protocol::kLast), 40);
  EXPECT_EQ(ChainScore(kReturns[0], Protocol::kMean), 25);
  EXPECT_EQ(ChainScore(kReturns[2], Protocol::kMax), 60);
}

TEST(ProtocolsTest, ScoresAreMeansOverChainsWithTheirStandardErrors) {
  const ProtocolScore first = Score(kReturns, Protocol::kFirst, kReference);
  EXPECT_DOUBLE_EQ(first.mean, 30);
  // Deviations -20, -10, 30: variance 1400 / 2, of the mean 700 / 3.
  EXPECT_DOUBLE_EQ(first.standard_error, std::sqrt(700.0 / 3));
  EXPECT_DOUBLE_EQ(first.normalized, 0.1);
  const ProtocolScore last = Score(kReturns, Protocol::kLast, kReference);
  EXPECT_DOUBLE_EQ(last.mean, 40);
  EXPECT_DOUBLE_EQ(last.standard_error, std::sqrt(100.0 / 3));
  EXPECT_DOUBLE_EQ(last.normalized, 0.2);
}

TEST(ProtocolsTest, MeansByRolloutGoDownTheColumns) {
  EXPECT_THAT(MeanByRollout({{10, 30}, {20, 50}}), ElementsAre(15, 40));
}

TEST(ProtocolsTest, OneChainHasNoStandardError) {
  EXPECT_TRUE(std::isnan(Score({{1, 2}}, Protocol::kMax, kReference).standard_error));
}

TEST(ProtocolsTest, RefusesTablesWithHoles) {
  EXPECT_THROW(Score({}, Protocol::kMax, kReference), std::logic_error);
  EXPECT_THROW(Score({{1, 2}, {1}}, Protocol::kMax, kReference), std::logic_error);
  EXPECT_THROW(MeanByRollout({{}}), std::logic_error);
}

}  // namespace
}  // namespace rl
