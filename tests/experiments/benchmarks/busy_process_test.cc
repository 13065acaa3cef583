#include "experiments/benchmarks/busy_process.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

#include <sys/wait.h>

namespace experiments {
namespace {

TEST(BusyProcessTest, RunsAsLongAsTheObjectLives) {
  pid_t pid = 0;
  {
    const BusyProcess busy;
    pid = busy.pid();
    EXPECT_EQ(kill(pid, 0), 0);
    EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), 0);  // still running
  }
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

}  // namespace
}  // namespace experiments
