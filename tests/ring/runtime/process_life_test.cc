#include "ring/runtime/process_life.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace ring {
namespace {

// The kernel needs a moment for a signal.
bool Becomes(const ProcessId& process, Life life) {
  for (int look = 0; look < 500 && LookUp(process) != life; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return LookUp(process) == life;
}

TEST(ProcessLifeTest, SeesAProcessStopGoOnAndDie) {
  const pid_t pid = fork();
  if (pid == 0) {
    while (true) pause();
  }
  ProcessId child = {.pid = pid, .start_time = 0};
  EXPECT_EQ(LookUp(child), Life::kDead) << "another process had that number";
  // Only its own process can tell when it started, but ours started no later.
  const uint64_t own_start = ProcessId::Own().start_time;
  for (child.start_time = own_start; LookUp(child) == Life::kDead; ++child.start_time) {
    ASSERT_LT(child.start_time, own_start + 100'000);
  }
  EXPECT_EQ(LookUp(child), Life::kRunning);
  kill(pid, SIGSTOP);
  EXPECT_TRUE(Becomes(child, Life::kStopped));
  kill(pid, SIGCONT);
  EXPECT_TRUE(Becomes(child, Life::kRunning));
  kill(pid, SIGKILL);
  EXPECT_TRUE(Becomes(child, Life::kDead)) << "a zombie is dead";
  waitpid(pid, nullptr, 0);
  EXPECT_EQ(LookUp(child), Life::kDead);
}

TEST(ProcessLifeTest, ThisProcessRuns) { EXPECT_EQ(LookUp(ProcessId::Own()), Life::kRunning); }

}  // namespace
}  // namespace ring
