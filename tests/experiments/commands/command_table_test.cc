#include "experiments/commands/command_table.h"

#include "experiments/options/usage_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace experiments {
namespace {

using ::testing::HasSubstr;

constexpr std::array kCommands = {
    Command{
        "count", "return the number of arguments",
        [](std::span<const std::string> arguments) { return static_cast<int>(arguments.size()); }},
    Command{"fail", "return 7", [](std::span<const std::string>) { return 7; }},
};

int Call(const std::vector<std::string>& arguments) {
  return RunCommand("ringrl", kCommands, arguments);
}

TEST(RunCommandTest, HandsTheRestOfTheArgumentsOn) {
  EXPECT_EQ(Call({"count", "a", "--b"}), 2);
  EXPECT_EQ(Call({"fail"}), 7);
}

TEST(RunCommandTest, PrintsTheTableWhenAsked) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, std::vector<std::string>{"--help"}}) {
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(Call(arguments), 0);
    const std::string printed = ::testing::internal::GetCapturedStdout();
    EXPECT_THAT(printed, HasSubstr("usage: ringrl COMMAND"));
    EXPECT_THAT(printed, HasSubstr("count  return the number of arguments\n"));
  }
}

TEST(RunCommandTest, SuggestsTheNearestCommand) {
  try {
    Call({"cuont"});
    FAIL() << "an unknown command ran";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown command 'cuont'; did you mean 'count'?"));
  }
}

}  // namespace
}  // namespace experiments
