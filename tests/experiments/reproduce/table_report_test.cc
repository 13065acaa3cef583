#include "experiments/reproduce/table_report.h"

#include "tests/experiments/reproduce/tiny_table.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace experiments {
namespace {

using ::testing::HasSubstr;

class TableReportTest : public ::testing::Test {
 protected:
  TableReportTest() { tests::WriteTinyTable(folder_.path()); }

  // Replaces the first `before` in a file.
  void Edit(const std::string& name, const std::string& before, const std::string& after) const {
    const std::filesystem::path path = folder_.path() / name;
    std::ifstream stream(path);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    const size_t place = text.find(before);
    ASSERT_NE(place, std::string::npos) << name;
    std::ofstream(path) << text.replace(place, before.size(), after);
  }

  tests::TemporaryFolder folder_;
};

TEST_F(TableReportTest, WhatIsWrittenChecks) {
  EXPECT_TRUE(IsTable(folder_.path()));
  WriteTableReport(folder_.path());
  EXPECT_THAT(CheckTableReport(folder_.path()), ::testing::IsEmpty());
}

TEST_F(TableReportTest, OneNumberChangedInAnyFileIsFound) {
  const std::pair<const char*, std::pair<const char*, const char*>> changes[] = {
      {"report.md", {"457.0", "458.0"}},     {"report.html", {"457.0", "475.0"}},
      {"report.tex", {"357.0", "357.1"}},    {"table.csv", {"409.5000", "409.6000"}},
      {"scores.csv", {"0.457", "0.467"}},    {"costs.csv", {"0.150", "0.140"}},
      {"aggregates.csv", {"0.407", "0.417"}}};
  for (const auto& [file, change] : changes) {
    WriteTableReport(folder_.path());
    Edit(file, change.first, change.second);
    const std::vector<std::string> differences = CheckTableReport(folder_.path());
    ASSERT_EQ(differences.size(), 1u) << file;
    EXPECT_THAT(differences[0], HasSubstr(file));
    EXPECT_THAT(differences[0], HasSubstr(change.second));
  }
}

TEST_F(TableReportTest, OneReturnChangedInACellIsFound) {
  WriteTableReport(folder_.path());
  Edit("cells/walker_walk.rnd.at.s2.json", "502.0", "902.0");
  EXPECT_THAT(CheckTableReport(folder_.path()), ::testing::Not(::testing::IsEmpty()));
}

TEST_F(TableReportTest, AMissingFileIsFound) {
  WriteTableReport(folder_.path());
  std::filesystem::remove(folder_ / "report.tex");
  EXPECT_THAT(CheckTableReport(folder_.path()), ::testing::ElementsAre(HasSubstr("is missing")));
}

TEST_F(TableReportTest, AFolderWithoutFinishedCellsSaysWhatToDo) {
  std::filesystem::remove_all(folder_ / "cells");
  EXPECT_THROW(WriteTableReport(folder_.path()), std::invalid_argument);
  const tests::TemporaryFolder empty;
  EXPECT_FALSE(IsTable(empty.path()));
}

}  // namespace
}  // namespace experiments
