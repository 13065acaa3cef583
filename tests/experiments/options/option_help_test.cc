#include "experiments/options/option_help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(WrapTextTest, BreaksAtSpacesWithinTheWidth) {
  EXPECT_THAT(WrapText("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(WrapText("one", 7), ElementsAre("one"));
}

TEST(WrapTextTest, LeavesALongWordWhole) {
  EXPECT_THAT(WrapText("a incomprehensible b", 5), ElementsAre("a", "incomprehensible", "b"));
}

TEST(FormatEntriesTest, GroupsByPrefixWithPlainNamesFirst) {
  const std::vector<HelpEntry> entries{
      {"model.layers", "N", "layers"}, {"seed", "N", "seed"}, {"model.heads", "N", "heads"}};
  EXPECT_EQ(FormatEntries(entries),
            "\noptions:\n"
            "  --seed N          seed\n"
            "\nmodel:\n"
            "  --model.layers N  layers\n"
            "  --model.heads N   heads\n");
}

TEST(FormatEntriesTest, KeepsWithinItsColumns) {
  std::string help;
  for (int i = 0; i < 60; ++i) help += "word ";
  const std::vector<HelpEntry> entries{{"a", "N", help},
                                       {"a.name.so.long.that.its.help.starts.below", "PATH", help}};
  std::istringstream lines(FormatEntries(entries));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), static_cast<size_t>(kHelpColumns)) << line;
  }
}

}  // namespace
}  // namespace experiments
