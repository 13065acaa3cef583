#include "experiments/report/csv_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CsvTableTest, ReadsColumnsByName) {
  const CsvTable table = CsvTable::Parse("train_step,loss\n50,0.31\n100,1e-2\n", "t.csv");
  EXPECT_THAT(table.Column("train_step"), ElementsAre(50, 100));
  EXPECT_THAT(table.Column("loss"), ElementsAre(0.31, 0.01));
  EXPECT_THAT(table.Column("none"), IsEmpty());
}

TEST(CsvTableTest, ReadsAnEmptyCellAsNotANumber) {
  const CsvTable table = CsvTable::Parse("a,b\n1,\n", "t.csv");
  EXPECT_TRUE(std::isnan(table.Column("b").at(0)));
}

TEST(CsvTableTest, IsEmptyWithoutAFile) {
  EXPECT_EQ(CsvTable::Read("no-such-file.csv").num_rows(), 0u);
}

TEST(CsvTableTest, NamesFileAndLineOfABadCell) {
  try {
    CsvTable::Parse("a,b\n1,2\n3,x\n", "t.csv");
    FAIL() << "a word was read as a number";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "t.csv:3: 'x' is not a number");
  }
}

TEST(CsvTableTest, RefusesARowOfAnotherLength) {
  EXPECT_THROW(CsvTable::Parse("a,b\n1\n", "t.csv"), std::invalid_argument);
}

}  // namespace
}  // namespace experiments
