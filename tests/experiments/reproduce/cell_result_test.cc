#include "experiments/reproduce/cell_result.h"

#include "tests/experiments/report/tiny_run.h"
#include "tests/experiments/reproduce/tiny_table.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace experiments {
namespace {

const Cell kCell{.row = {.task = "walker_walk", .collector = "rnd"}, .method = "at", .seed = 1};

TEST(CellResultTest, ComesBackFromItsFile) {
  const CellResult cell = tests::TinyCells()[0];
  EXPECT_EQ(ToJson(CellFromJson(nlohmann::json::parse(ToJson(cell).dump()))), ToJson(cell));
}

TEST(CellResultTest, AFolderOfCellsIsReadInOrderAndAStrangeFileNamed) {
  const tests::TemporaryFolder folder;
  EXPECT_TRUE(ReadCells(folder.path()).empty());
  tests::WriteTinyTable(folder.path());
  const std::vector<CellResult> cells = ReadCells(folder.path());
  ASSERT_EQ(cells.size(), 12u);
  EXPECT_EQ(cells[0].cell.name(), "cartpole_swingup.controller.at.s1");
  tests::WriteText(folder / "cells" / "x.json", "{}");
  try {
    ReadCells(folder.path());
    FAIL() << "x.json is not a cell";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("x.json"));
  }
}

// A run of 30 steps, evaluated twice.
class ResultOfRunTest : public ::testing::Test {
 protected:
  ResultOfRunTest() {
    tests::WriteTinyRun(folder_.path());
    tests::WriteText(folder_ / "config.json", R"({"task": "walker_walk", "algorithm": "at",
        "train.steps": 30, "evaluation.seed": 7, "threads": 2, "dataset": "/d/w.hdf5"})");
    tests::WriteText(folder_ / "returns.csv",
                     "train_step,chain_1_rollout_1,chain_1_rollout_2,chain_2_rollout_1,"
                     "chain_2_rollout_2\n15,1,2,3,4\n30,299.00049,440,301,461\n");
    tests::WriteText(folder_ / "dataset.json", R"({"num_episodes": 120, "content_sha256": "cafe",
        "reward_source": "rewards", "returns": {"min": 10, "median": 563, "mean": 500, "max": 828}})");
  }
  tests::TemporaryFolder folder_;
};

TEST_F(ResultOfRunTest, KeepsEveryReturnToAThousandth) {
  const CellResult result = ResultOfRun(kCell, folder_.path());
  ASSERT_EQ(result.evaluations.size(), 2u);
  EXPECT_EQ(result.evaluations[1].train_step, 30);
  EXPECT_EQ(result.evaluations[1].returns,
            (std::vector<std::vector<double>>{{299, 440}, {301, 461}}));
  EXPECT_EQ(result.evaluation_seed, 7u);
}

TEST_F(ResultOfRunTest, NamesDataScaleAndProgram) {
  const CellResult result = ResultOfRun(kCell, folder_.path());
  EXPECT_EQ(result.data_sha256, "cafe");
  EXPECT_EQ(result.data.max, 828);
  EXPECT_EQ(result.random_return, 32.0);
  EXPECT_EQ(result.highest_return, 1000.0);
  EXPECT_THAT(result.reference_source, ::testing::HasSubstr("uniform actions"));
  EXPECT_EQ(result.commit, "abc");
  EXPECT_EQ(result.costs.threads, 2);
  EXPECT_FALSE(result.config.contains("dataset")) << "where a run was made does not matter";
}

TEST_F(ResultOfRunTest, ARunThatIsNotOverHasNone) {
  tests::WriteText(folder_ / "returns.csv", "train_step,chain_1_rollout_1\n15,1\n");
  EXPECT_THROW(ResultOfRun(kCell, folder_.path()), std::invalid_argument);
}

}  // namespace
}  // namespace experiments
