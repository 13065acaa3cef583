// Which options `train` takes, and what it says to the others.
#include "experiments/commands/train_options.h"

#include "rl/agents/algorithm_list.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Words = std::vector<std::string>;

// What these words make of the options, and the usage error, if any.
struct Parsed {
  TrainOptions options;
  std::string error;
  std::string config;
};

Parsed Parse(const Words& words) {
  Parsed parsed{.options = DefaultTrainOptions(words), .error = "", .config = ""};
  OptionSet set = DeclareTrainOptions(parsed.options);
  try {
    set.Parse(words);
  } catch (const UsageError& error) {
    parsed.error = error.what();
  }
  parsed.config = set.ResolvedConfig();
  return parsed;
}

std::string SectionOf(std::string_view name) { return std::string(name.substr(0, name.find('.'))); }

TEST(TrainOptionsTest, RefusesAnOptionOfAnotherAlgorithmAndSaysWhose) {
  EXPECT_EQ(Parse({"--algorithm=crr", "--td3_bc.alpha=1"}).error,
            "--td3_bc.alpha is an option of td3_bc, not of crr");
  EXPECT_EQ(Parse({"baseline.target_rate=0.1", "--algorithm=bc"}).error,
            "--baseline.target_rate is an option of td3, td3_bc, crr and cql, not of bc");
  EXPECT_THAT(Parse({"--algorithm", "td3", "--chain.window", "5"}).error, HasSubstr("not of td3"));
  EXPECT_THAT(Parse({"--baseline.batch=8"}).error, HasSubstr("not of at"));
  EXPECT_EQ(Parse({"--algorithm=cql", "--cql.lagrange", "--baseline.batch=8"}).error, "");
}

TEST(TrainOptionsTest, ARecipeOfAnotherAlgorithmIsRefusedByFileAndLine) {
  const tests::TemporaryFolder folder;
  const std::string file = (folder / "at.cfg").string();
  std::ofstream(file) << "algorithm = at\n[chain]\nwindow = 5\nbatch = 2\n[train]\nsteps = 9\n";
  EXPECT_EQ(Parse({"--config", file}).error, "");
  EXPECT_EQ(Parse({"--config", file}).options.trainer.train_steps, 9);
  const std::string error = Parse({"--config", file, "--algorithm=bc"}).error;
  EXPECT_THAT(error, HasSubstr(file + ":3: chain.window is an option of at"));
  EXPECT_THAT(error, HasSubstr("not of bc; what does not fit either: chain.batch"));
}

TEST(TrainOptionsTest, ASavedConfigurationHoldsTheAlgorithmsOwnOptionsAndIsReadBack) {
  for (const rl::AlgorithmEntry& entry : rl::AlgorithmList()) {
    const Parsed parsed = Parse({"--algorithm=" + std::string(entry.name), "--dataset=d.hdf5"});
    ASSERT_EQ(parsed.error, "");
    const tests::TemporaryFolder folder;
    std::ofstream(folder / "c.cfg") << parsed.config;
    const Parsed again = Parse({"--config", (folder / "c.cfg").string()});
    EXPECT_EQ(again.error, "");
    EXPECT_EQ(again.config, parsed.config);
  }
  EXPECT_THAT(Parse({"--algorithm=bc"}).config, HasSubstr("[baseline]"));
  for (const char* absent : {"[chain]", "[model]", "[ring]", "[cql]", "best_share", "discount"}) {
    EXPECT_THAT(Parse({"--algorithm=bc"}).config, Not(HasSubstr(absent)));
  }
}

// A new section that no algorithm lists would be everybody's, and a listed name that is declared
// nowhere a slip of the pen.
TEST(TrainOptionsTest, WhatAlgorithmsListIsWhatIsDeclared) {
  const std::set<std::string> of_all{"train", "evaluation", "data", "optimizer"};
  std::set<std::string> declared;
  for (const rl::AlgorithmEntry& entry : rl::AlgorithmList()) {
    TrainOptions options;
    options.algorithm = entry.name;
    for (const std::string& name : DeclareTrainOptions(options).Names()) {
      declared.insert(name);
      declared.insert(SectionOf(name));
      const bool is_common =
          name.find('.') == std::string::npos || of_all.contains(SectionOf(name));
      if (is_common) continue;
      EXPECT_THAT(rl::ReadersOf(name), Not(IsEmpty())) << name;
    }
  }
  for (const rl::AlgorithmEntry& entry : rl::AlgorithmList()) {
    for (const std::string_view listed : entry.options) {
      EXPECT_TRUE(declared.contains(std::string(listed))) << entry.name << ": " << listed;
    }
  }
}

TEST(TrainOptionsTest, PatienceNeedsScoresToGoBy) {
  const auto refused = [](const Words& words) {
    TrainOptions options = Parse(words).options;
    options.dataset = "d.hdf5";
    try {
      ResolveTrainOptions(options);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const Words blind{"--algorithm=bc", "--train.patience=3", "--train.evaluate_every=0"};
  EXPECT_THAT(refused(blind), HasSubstr("no episodes are held out"));
  Words held_out = blind;
  held_out.emplace_back("--data.validation_fraction=0.1");
  EXPECT_EQ(refused(held_out), "");
  EXPECT_EQ(refused({"--algorithm=bc", "--train.patience=3"}), "") << "it is evaluated";
}

TEST(TrainOptionsTest, TheChosenAlgorithmsCustomaryRunIsTheDefault) {
  EXPECT_EQ(Parse({"--algorithm=td3"}).options.trainer.train_steps, 500000);
  EXPECT_EQ(Parse({"--algorithm=td3"}).options.algorithm, "td3");
  EXPECT_EQ(Parse({"--algorithm=dt"}).options.agent.model.tokens, "three");
  EXPECT_EQ(Parse({}).options.trainer.train_steps, rl::TrainerOptions().train_steps);
}

}  // namespace
}  // namespace experiments
