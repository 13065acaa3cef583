#include "experiments/options/option_set.h"

#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// One option of every type, as a command would declare them.
struct Settings {
  bool compress = false;
  int threads = 2;
  int64_t layers = 3;
  uint64_t seed = 7;
  double rate = 1e-4;
  std::string order = "ascending";
  std::filesystem::path dataset;
  std::vector<std::string> tasks{"walker_walk"};
  std::vector<std::string> runs;

  OptionSet Declare() {
    OptionSet options("train", "fit one algorithm to one dataset");
    options.Add("compress", &compress, "shrink what is written");
    options.Add("threads", &threads, "threads to use");
    options.Add("model.layers", &layers, "layers of the network");
    options.Add("seed", &seed, "seed of everything");
    options.Add("optimizer.rate", &rate, "learning rate");
    options.AddChoice("chain.order", &order, {"ascending", "time"}, "order of trajectories");
    options.Add("dataset", &dataset, "file of episodes");
    options.Add("tasks", &tasks, "tasks to relabel for");
    options.Add("run", &runs, "run folders");
    options.TakePositional("run");
    return options;
  }

  OptionSet::Outcome Parse(const std::vector<std::string>& arguments) {
    OptionSet options = Declare();
    return options.Parse(arguments);
  }
};

std::string UsageErrorOf(const std::vector<std::string>& arguments) {
  Settings settings;
  try {
    settings.Parse(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

class OptionSetTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path) << text;
    return path.string();
  }

  tests::TemporaryFolder folder_;
};

TEST_F(OptionSetTest, KeepsDefaultsWithoutArguments) {
  Settings settings;
  EXPECT_EQ(settings.Parse({}), OptionSet::Outcome::kRun);
  EXPECT_EQ(settings.layers, 3);
  EXPECT_THAT(settings.tasks, ElementsAre("walker_walk"));
}

TEST_F(OptionSetTest, TakesTheThreeSpellingsOfAFlag) {
  Settings settings;
  settings.Parse({"--model.layers=5", "--seed", "18446744073709551615", "optimizer.rate=0.5"});
  EXPECT_EQ(settings.layers, 5);
  EXPECT_EQ(settings.seed, 18446744073709551615ULL);
  EXPECT_EQ(settings.rate, 0.5);
}

TEST_F(OptionSetTest, TakesNegativeNumbersAndDashesAsValues) {
  Settings settings;
  settings.Parse({"--model.layers", "-5", "--dataset", "-"});
  EXPECT_EQ(settings.layers, -5);
  EXPECT_EQ(settings.dataset, "-");
}

TEST_F(OptionSetTest, ReadsABoolWithAndWithoutAValue) {
  Settings settings;
  settings.Parse({"--compress"});
  EXPECT_TRUE(settings.compress);
  settings.Parse({"--compress", "false", "a"});
  EXPECT_FALSE(settings.compress);
  EXPECT_THAT(settings.runs, ElementsAre("a"));
  settings.Parse({"--compress", "b"});
  EXPECT_TRUE(settings.compress);
  EXPECT_THAT(settings.runs, ElementsAre("b"));
}

TEST_F(OptionSetTest, SplitsListsAtCommasAndCollectsRepeats) {
  Settings settings;
  settings.Parse({"--tasks", "a,b", "--tasks=c"});
  EXPECT_THAT(settings.tasks, ElementsAre("a", "b", "c"));
}

TEST_F(OptionSetTest, LeavesPositionalArgumentsWhole) {
  Settings settings;
  settings.Parse({"runs/a,b", "--seed", "1", "runs/lr=3"});
  EXPECT_THAT(settings.runs, ElementsAre("runs/a,b", "runs/lr=3"));
}

TEST_F(OptionSetTest, LetsLaterFilesAndThenFlagsWin) {
  const std::string first =
      Write("a.cfg", "seed = 1\n[model]\nlayers = 10\n[optimizer]\nrate = 1\n");
  const std::string second =
      Write("b.cfg", "# comment\nseed = 2  # the second\n[model]\nlayers=20\n");
  Settings settings;
  settings.Parse({"--model.layers=30", "--config", first, "--config", second});
  EXPECT_EQ(settings.rate, 1.0);
  EXPECT_EQ(settings.seed, 2u);
  EXPECT_EQ(settings.layers, 30);
}

TEST_F(OptionSetTest, ReadsBackItsResolvedConfiguration) {
  Settings written;
  OptionSet options = written.Declare();
  options.Parse(std::vector<std::string>{"--compress", "--optimizer.rate=0.1", "--seed=9",
                                         "--tasks=x,y", "--dataset=w.hdf5", "--chain.order=time",
                                         "r1", "r2"});
  const std::string path = Write("config.cfg", options.ResolvedConfig());

  Settings read;
  OptionSet again = read.Declare();
  again.Parse(std::vector<std::string>{"--config", path});
  EXPECT_EQ(again.ResolvedConfig(), options.ResolvedConfig());
  EXPECT_EQ(again.ResolvedJson(), options.ResolvedJson());
  EXPECT_EQ(read.rate, 0.1);
  EXPECT_THAT(read.runs, ElementsAre("r1", "r2"));
}

TEST_F(OptionSetTest, ReadsBackAnEmptyListOverADefault) {
  const std::string path = Write("a.cfg", "tasks =\n");
  Settings settings;
  settings.Parse({"--config", path});
  EXPECT_THAT(settings.tasks, IsEmpty());
}

TEST_F(OptionSetTest, GivesJsonItsOwnTypes) {
  Settings settings;
  const nlohmann::json json = settings.Declare().ResolvedJson();
  EXPECT_EQ(json["model.layers"], 3);
  EXPECT_EQ(json["optimizer.rate"], 1e-4);
  EXPECT_EQ(json["compress"], false);
  EXPECT_EQ(json["tasks"], nlohmann::json::array({"walker_walk"}));
}

TEST_F(OptionSetTest, NamesTheNearestOptionForAnUnknownFlag) {
  EXPECT_EQ(UsageErrorOf({"--model.layer=3"}),
            "unknown option --model.layer; did you mean '--model.layers'?");
  EXPECT_EQ(UsageErrorOf({"model.layer=3"}),
            "unknown option --model.layer; did you mean '--model.layers'?");
  EXPECT_EQ(UsageErrorOf({"--layers", "3"}),
            "unknown option --layers; did you mean '--model.layers'?");
  EXPECT_THAT(UsageErrorOf({"-seed"}), HasSubstr("did you mean '--seed'?"));
}

TEST_F(OptionSetTest, RefusesAnUnambiguousPrefix) {
  EXPECT_THAT(UsageErrorOf({"--thread=3"}), HasSubstr("unknown option --thread"));
}

TEST_F(OptionSetTest, NamesFileAndLineOfAnUnknownKey) {
  const std::string path = Write("a.cfg", "seed = 1\n\n[model]\n# note\nlayer = 3\n");
  EXPECT_EQ(UsageErrorOf({"--config", path}),
            path + ":5: model.layer is not an option of train; did you mean 'model.layers'?");
}

TEST_F(OptionSetTest, NamesOptionValueAndExpectedType) {
  EXPECT_EQ(UsageErrorOf({"--model.layers=three"}),
            "--model.layers: 'three' is not a whole number");
  EXPECT_EQ(UsageErrorOf({"--seed=-1"}), "--seed: '-1' is not a whole number from 0");
  EXPECT_EQ(UsageErrorOf({"--threads=99999999999"}),
            "--threads: '99999999999' is not a whole number");
  EXPECT_EQ(UsageErrorOf({"--optimizer.rate=1e-4x"}), "--optimizer.rate: '1e-4x' is not a number");
  EXPECT_EQ(UsageErrorOf({"--chain.order=tme"}),
            "--chain.order: 'tme' is not one of ascending, time; did you mean 'time'?");
  const std::string path = Write("a.cfg", "[model]\nlayers = many\n");
  EXPECT_EQ(UsageErrorOf({"--config", path}),
            path + ":2: model.layers: 'many' is not a whole number");
}

TEST_F(OptionSetTest, NamesTheLineThatMeansNothing) {
  const std::string path = Write("a.cfg", "seed = 1\nhello\n");
  EXPECT_EQ(UsageErrorOf({"--config", path}),
            path + ":2: 'hello' is neither a [section] nor 'name = value'");
}

TEST_F(OptionSetTest, NamesTheConfigurationFileThatIsNotThere) {
  EXPECT_EQ(UsageErrorOf({"--config", "none.cfg"}), "cannot read the configuration file none.cfg");
  EXPECT_THAT(UsageErrorOf({"--config", folder_.path().string()}), HasSubstr("cannot read"));
}

TEST_F(OptionSetTest, AsksForAMissingValue) {
  EXPECT_EQ(UsageErrorOf({"--seed"}), "--seed needs a value");
  EXPECT_EQ(UsageErrorOf({"--seed", "--compress"}), "--seed needs a value");
  EXPECT_EQ(UsageErrorOf({"--config"}), "--config needs a value");
}

TEST_F(OptionSetTest, AsksForARequiredOption) {
  std::filesystem::path dataset;
  OptionSet options("train", "fit");
  options.Add("dataset", &dataset, "file of episodes");
  options.Require("dataset");
  EXPECT_THROW(options.Parse(std::vector<std::string>{"--dry-run"}), UsageError);
  EXPECT_EQ(options.Parse(std::vector<std::string>{"--dataset=a"}), OptionSet::Outcome::kRun);
}

TEST_F(OptionSetTest, RefusesAnArgumentThatBelongsToNothing) {
  OptionSet options("doctor", "look");
  EXPECT_THROW(options.Parse(std::vector<std::string>{"stray"}), UsageError);
}

TEST_F(OptionSetTest, ReadsRecipesByNameAndSuggestsTheNearest) {
  Write("walker.cfg", "seed = 42\n");
  Settings settings;
  OptionSet options = settings.Declare();
  options.OfferRecipes(folder_.path());
  options.Parse(std::vector<std::string>{"--recipe", "walker"});
  EXPECT_EQ(settings.seed, 42u);
  try {
    options.Parse(std::vector<std::string>{"--recipe", "wolker"});
    FAIL() << "a recipe that is not there was accepted";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'walker'?"));
  }
}

TEST_F(OptionSetTest, DryRunPrintsTheConfigurationAndStops) {
  Settings settings;
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(settings.Parse({"--dry-run", "--seed=5"}), OptionSet::Outcome::kDone);
  const std::string printed = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(printed, HasSubstr("seed = 5\n"));
  EXPECT_THAT(printed, HasSubstr("[model]\nlayers = 3\n"));
}

TEST_F(OptionSetTest, HelpShowsDefaultsChoicesAndWhatIsRequired) {
  Settings settings;
  OptionSet options = settings.Declare();
  options.Require("dataset");
  const std::string help = options.Help();
  EXPECT_THAT(help, HasSubstr("usage: ringrl train --dataset PATH run... [options]"));
  EXPECT_THAT(help, HasSubstr("layers of the network [3]"));
  EXPECT_THAT(help, HasSubstr("one of ascending, time [ascending]"));
  EXPECT_THAT(help, HasSubstr("file of episodes (required)"));
  EXPECT_THAT(help, Not(HasSubstr("--recipe")));
  options.ShowAtEndOfUsage("-- COMMAND ...");
  EXPECT_THAT(options.Help(), HasSubstr("run... [options] -- COMMAND ...\n"));
}

TEST_F(OptionSetTest, PeekingTellsAValueBeforeAnythingIsFilled) {
  Settings settings;
  const OptionSet options = settings.Declare();
  const std::string file = Write("a.cfg", "[chain]\norder = time\n");
  const auto order = [&](const std::vector<std::string>& arguments) {
    return options.Peek(arguments, "chain.order");
  };
  EXPECT_EQ(order({}), "ascending");
  EXPECT_EQ(order({"--config", file}), "time");
  EXPECT_EQ(order({"--help", "--chain.order=ascending", "--config", file}), "ascending");
  EXPECT_EQ(settings.order, "ascending");
  EXPECT_THROW(order({"--config", "nowhere.cfg"}), UsageError);
}

TEST_F(OptionSetTest, AWithdrawnOptionIsRefusedWithItsReasonAndShownNowhere) {
  Settings settings;
  OptionSet options = settings.Declare();
  const std::string reason = "is an option of at, not of td3";
  for (const char* name : {"chain.order", "compress", "model.layers"}) {
    options.Withdraw(name, reason);
  }
  const auto error_of = [&options](const std::vector<std::string>& arguments) -> std::string {
    try {
      options.Parse(arguments);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(error_of({"--chain.order", "time"}), "--chain.order " + reason);
  EXPECT_EQ(error_of({"--compress", "--seed=1"}), "--compress " + reason);
  EXPECT_EQ(error_of({"--chain.order=time", "--seed=1", "--model.layers=1", "--compress"}),
            "--chain.order " + reason + "; what does not fit either: model.layers, compress");
  const std::string file = Write("a.cfg", "seed = 1\n[model]\nlayers = 3\n");
  EXPECT_EQ(error_of({"--config", file}), file + ":3: model.layers " + reason);
  EXPECT_EQ(error_of({"--seed=5"}), "");
  for (const std::string& text : {options.Help(), options.ResolvedConfig()}) {
    EXPECT_THAT(text, Not(HasSubstr("order")));
    EXPECT_THAT(text, HasSubstr("seed"));
  }
  EXPECT_FALSE(options.ResolvedJson().contains("compress"));
}

TEST_F(OptionSetTest, KnowsWhatWasSet) {
  Settings settings;
  OptionSet options = settings.Declare();
  options.Parse(std::vector<std::string>{"--seed=7"});
  EXPECT_TRUE(options.IsSet("seed"));
  EXPECT_FALSE(options.IsSet("threads"));
}

}  // namespace
}  // namespace experiments
