#include "rl/agents/algorithm_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(AlgorithmListTest, AnUnknownNameListsTheNamesThereAre) {
  EXPECT_EQ(FindAlgorithm("at").name, "at");
  EXPECT_THAT([] { FindAlgorithm("ta"); }, ThrowsMessage<std::invalid_argument>(HasSubstr(
                                               "there is no algorithm \"ta\"; choose one of: at")));
}

TEST(AlgorithmListTest, AConfigWithoutAnAlgorithmIsRefused) {
  EXPECT_THAT([] { MakePolicyFromCheckpoint(nlohmann::json::object(), {}, {}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("\"algorithm\"")));
}

}  // namespace
}  // namespace rl
