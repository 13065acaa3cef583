#include "experiments/options/nearest_match.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace experiments {
namespace {

TEST(EditDistanceTest, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("layers", "layers"), 0);
  EXPECT_EQ(EditDistance("layer", "layers"), 1);
  EXPECT_EQ(EditDistance("layerss", "layers"), 1);
  EXPECT_EQ(EditDistance("lavers", "layers"), 1);
  EXPECT_EQ(EditDistance("laeyrs", "layers"), 1);
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
}

TEST(NearestMatchTest, FindsTheMisspeltName) {
  const std::vector<std::string> names{"train", "evaluate", "report"};
  EXPECT_EQ(NearestMatch("evalaute", names), "evaluate");
  EXPECT_EQ(NearestMatch("trian", names), "train");
}

TEST(NearestMatchTest, StaysSilentWhenNothingIsNear) {
  const std::vector<std::string> names{"train", "evaluate"};
  EXPECT_EQ(NearestMatch("zzzzzz", names), "");
  EXPECT_EQ(DidYouMean("zzzzzz", names), "");
}

TEST(NearestMatchTest, KnowsTheLastPartOfADottedName) {
  const std::vector<std::string> names{"seed", "model.layers", "player"};
  EXPECT_EQ(NearestMatch("layers", names), "model.layers");
}

TEST(NearestMatchTest, PhrasesTheQuestionWithDashes) {
  const std::vector<std::string> names{"seed"};
  EXPECT_EQ(DidYouMean("sed", names, "--"), "; did you mean '--seed'?");
}

}  // namespace
}  // namespace experiments
