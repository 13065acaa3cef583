#include "experiments/options/option_source.h"

#include "experiments/options/usage_error.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace experiments {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Written(const std::vector<Assignment>& assignments) {
  std::vector<std::string> lines;
  for (const Assignment& assignment : assignments) {
    lines.push_back(assignment.name + "=" + assignment.value);
  }
  return lines;
}

TEST(ReadCommandLineTest, KeepsTheOrderAndSetsPositionalsApart) {
  const std::vector<DeclaredName> declared{{"a.b"}, {"flag", /*is_bool=*/true}};
  const std::vector<std::string> arguments{"x", "--a.b=1", "--flag", "a.b=2", "--a.b", "3=4", "y"};
  const CommandLine line = ReadCommandLine(arguments, declared);
  EXPECT_THAT(Written(line.assignments), ElementsAre("a.b=1", "flag=true", "a.b=2", "a.b=3=4"));
  EXPECT_THAT(line.positional, ElementsAre("x", "y"));
}

TEST(ReadCommandLineTest, TakesEverythingAfterTwoDashesAsItIs) {
  const std::vector<DeclaredName> declared{{"a"}};
  const std::vector<std::string> arguments{"--", "--a=1", "a=2"};
  const CommandLine line = ReadCommandLine(arguments, declared);
  EXPECT_THAT(line.assignments, ::testing::IsEmpty());
  EXPECT_THAT(line.positional, ElementsAre("--a=1", "a=2"));
}

TEST(ReadCommandLineTest, HandsUnknownNamesOn) {
  const std::vector<std::string> arguments{"--who=1"};
  EXPECT_THAT(Written(ReadCommandLine(arguments, {}).assignments), ElementsAre("who=1"));
}

TEST(ReadConfigFileTest, MapsSectionsToDotsAndKnowsTheLines) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "a.cfg") << "seed = 1\r\n# note\n\n[model]\nlayers=2 # two\n[a.b]\nc =\n";
  const std::vector<Assignment> assignments = ReadConfigFile(folder / "a.cfg");
  EXPECT_THAT(Written(assignments), ElementsAre("seed=1", "model.layers=2", "a.b.c="));
  EXPECT_EQ(assignments[1].place, (folder / "a.cfg").string() + ":5: model.layers");
}

TEST(ReadConfigFileTest, ReadsAnEmptyFile) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "a.cfg").flush();
  EXPECT_THAT(ReadConfigFile(folder / "a.cfg"), ::testing::IsEmpty());
}

}  // namespace
}  // namespace experiments
