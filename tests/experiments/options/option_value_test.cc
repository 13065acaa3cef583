#include "experiments/options/option_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(OptionValueTest, ReadsBackEveryDoubleItWrites) {
  for (const double value :
       {0.1, 1e-4, -3.5e300, 1.0 / 3, std::numeric_limits<double>::denorm_min()}) {
    double written = value;
    double read = 0;
    ASSERT_TRUE(ParseValues(FormatValues(&written), &read));
    EXPECT_EQ(read, value);
  }
}

TEST(OptionValueTest, LeavesTheTargetAloneWhenTheTextIsWrong) {
  int number = 5;
  EXPECT_FALSE(ParseValues({"5x"}, &number));
  EXPECT_FALSE(ParseValues({""}, &number));
  EXPECT_FALSE(ParseValues({" 5"}, &number));
  EXPECT_FALSE(ParseValues({"2147483648"}, &number));
  EXPECT_EQ(number, 5);
  double real = 1;
  EXPECT_FALSE(ParseValues({"nan"}, &real));
  EXPECT_EQ(real, 1);
  bool flag = true;
  EXPECT_FALSE(ParseValues({"maybe"}, &flag));
  EXPECT_TRUE(flag);
}

TEST(OptionValueTest, TakesTheLastOfSeveralValues) {
  int64_t number = 0;
  EXPECT_TRUE(ParseValues({"1", "2"}, &number));
  EXPECT_EQ(number, 2);
}

TEST(OptionValueTest, WritesAnEmptyListAsOneEmptyText) {
  std::vector<std::string> list;
  EXPECT_THAT(FormatValues(&list), ElementsAre(""));
  list = {"a"};
  EXPECT_TRUE(ParseValues({""}, &list));
  EXPECT_THAT(list, IsEmpty());
}

TEST(OptionValueTest, KeepsNumbersNumbersInJson) {
  uint64_t seed = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(ValueToJson(&seed), std::numeric_limits<uint64_t>::max());
  std::filesystem::path path = "a/b";
  EXPECT_EQ(ValueToJson(&path), "a/b");
}

}  // namespace
}  // namespace experiments
