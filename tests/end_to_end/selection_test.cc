// The best checkpoint, and stopping when nothing gets better, as a user meets them.
#include "tests/end_to_end/tiny_training.h"
#include "tests/support/run_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace tests {
namespace {

using ::testing::HasSubstr;

class SelectionTest : public TinyTrainingTest {
 protected:
  // Evaluates every five steps and stops at the second evaluation: no return gains a million.
  ProgramResult Train() const {
    return RunProgram(TinyTraining(
        dataset_, folder_ / "runs", 40,
        {"--algorithm=bc", "baseline.batch=16", "baseline.hidden_dim=8", "train.evaluate_every=5",
         "evaluation.chains=1", "evaluation.rollouts=1", "train.keep_checkpoints=1",
         "train.patience=1", "train.min_improvement=1e6"}));
  }
};

TEST_F(SelectionTest, StopsKeepsLastAndBestAndEvaluatesEither) {
  const ProgramResult train = Train();
  ASSERT_EQ(train.status, 0) << train.err;
  EXPECT_THAT(train.out, HasSubstr("stopped at step 10 of 40"));
  const std::filesystem::path run = OnlyRun(folder_ / "runs", "bc");
  std::ifstream stream(run / "result.json");
  const nlohmann::json result = nlohmann::json::parse(stream);
  EXPECT_EQ(result["stopped"], "no improvement");
  EXPECT_EQ(result["interrupted"], false);
  EXPECT_EQ(result["score"], "last");
  EXPECT_EQ(result["last"]["train_step"], 10);
  EXPECT_EQ(result["best"]["optimistic"], true);
  EXPECT_GE(result["best"]["value"].get<double>(), result["last"]["value"].get<double>());

  const std::string best = result["best"]["train_step"].dump();
  for (const std::string& name : {std::string("best"), best, std::string("last")}) {
    const ProgramResult evaluate =
        RunProgram(Ringrl({"evaluate", "--run=" + run.string(), "--checkpoint=" + name,
                           "--chains=1", "--rollouts=1"}));
    EXPECT_EQ(evaluate.status, 0) << evaluate.err;
    EXPECT_THAT(evaluate.out, HasSubstr("/checkpoints/" + (name == "last" ? "10" : best) + "\n"));
  }
  const ProgramResult none =
      RunProgram(Ringrl({"evaluate", "--run=" + run.string(), "--checkpoint=7"}));
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("has no checkpoint 7"));

  const ProgramResult resumed = RunProgram(Ringrl({"train", "--resume", run.string()}));
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("stopped at step 10 of 40"));
}

}  // namespace
}  // namespace tests
