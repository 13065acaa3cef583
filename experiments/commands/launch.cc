// `ringrl launch -n 4 -- train ...`: one command of this program on several ranks of this host.
#include "experiments/commands/commands.h"
#include "experiments/options/option_set.h"
#include "experiments/options/usage_error.h"
#include "ring/runtime/launcher.h"

#include <algorithm>
#include <string>
#include <vector>

namespace experiments {
namespace {

constexpr const char* kThisProgram = "/proc/self/exe";

}  // namespace

int RunLaunch(Arguments arguments) {
  const auto dashes = std::ranges::find(arguments, "--");
  std::vector<std::string> own(arguments.begin(), dashes);
  std::ranges::replace(own, "-n", "--ranks");

  ring::LaunchOptions launch = {.program = kThisProgram, .arguments = {}};
  std::string transport = "auto";
  int timeout = 60;
  bool plain = false;
  OptionSet options("launch", "run a command of this program on several ranks of this host");
  options.Add("ranks", &launch.num_ranks, "processes to start on this host; also -n");
  options.Require("ranks");
  options.AddChoice("transport", &transport, {"auto", "gloo", "shm", "nccl"},
                    "how messages travel; auto: through shared memory");
  options.Add("timeout", &timeout, "seconds a rank waits for one that is silent");
  options.Add("plain", &plain, "no [rank] before each line, and nothing from stdout but rank 0's");
  options.ShowAtEndOfUsage("-- COMMAND ...");
  if (options.Parse(own) == OptionSet::Outcome::kDone) return 0;
  if (dashes == arguments.end() || dashes + 1 == arguments.end()) {
    throw UsageError("what to launch comes after --: ringrl launch -n 4 -- train ...");
  }
  if (launch.num_ranks < 1) throw UsageError("--ranks must be at least 1");
  if (timeout < 1) throw UsageError("--timeout must be at least 1 second");
  launch.arguments.assign(dashes + 1, arguments.end());
  launch.prefix_output = !plain;
  launch.environment = {{"RINGRL_TRANSPORT", transport},
                        {"RINGRL_TIMEOUT", std::to_string(timeout)}};
  return ring::Launch(launch);
}

}  // namespace experiments
