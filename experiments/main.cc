// The program `ringrl`: a table of commands.
//
// Exit status: 0 done, 1 failed, 2 wrong usage, 130 or 143 stopped by SIGINT or SIGTERM. Whatever
// is wrong is one sentence on stderr.
#include "experiments/commands/command_table.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/reproduce.h"
#include "experiments/environment.h"
#include "experiments/options/usage_error.h"
#include "experiments/process_settings.h"

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

using experiments::Command;

constexpr std::array kCommands = {
    Command{"quickstart", "make a small dataset, train on it, evaluate, write a report",
            experiments::RunQuickstart},
    Command{"dataset", "import, describe, check, relabel and export datasets",
            experiments::RunDataset},
    Command{"train", "fit one algorithm to one dataset", experiments::RunTrain},
    Command{"evaluate", "roll out a trained policy in its task", experiments::RunEvaluate},
    Command{"simulate", "replay recorded actions and compare with another simulator",
            experiments::RunSimulate},
    Command{"reproduce", "fill a table of tasks, methods and seeds, and report on it",
            experiments::RunReproduce},
    Command{"report", "turn run folders into one HTML page", experiments::RunReport},
    Command{"launch", "run a command on several ranks of this host", experiments::RunLaunch},
    Command{"plan", "predict what attention over a ring costs, and choose a method",
            experiments::RunPlan},
    Command{"bench", "measure datasets and environments", experiments::RunBench},
    Command{"doctor", "say what this machine has and what is missing", experiments::RunDoctor},
};

// LibTorch's exceptions carry the C++ stack in what(), after the sentence: the sentence is enough.
std::string FirstSentence(const std::exception& error) {
  const std::string text = error.what();
  const size_t stack = text.find("\nException raised from");
  return text.substr(0, stack);
}

int PrintVersion() {
  std::printf("ringrl %s (%s)\n", std::string(experiments::ProgramVersion()).c_str(),
              std::string(experiments::ProgramCommit()).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  experiments::ApplyProcessSettings();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "--version") return PrintVersion();

  const bool names_command = !arguments.empty() && arguments[0][0] != '-';
  const std::string prefix = names_command ? "ringrl " + arguments[0] : "ringrl";
  try {
    return experiments::RunCommand("ringrl", kCommands, arguments);
  } catch (const experiments::UsageError& error) {
    std::fprintf(stderr, "%s: %s\n", prefix.c_str(), error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", prefix.c_str(), FirstSentence(error).c_str());
    return 1;
  }
}
