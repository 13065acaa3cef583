// A rank of three is killed or stopped at every phase of what ranks do together: the others end
// within the time-out and two seconds, and say whose fault it was.
#include "tests/support/run_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ring {
namespace {

using Clock = std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr int kRanks = 3;
constexpr int kFaultyRank = 1;

struct Scenario {
  std::string transport = "gloo";
  std::string workload = "hops";
  std::string fault = "none";
  int timeout_s = 30;
  double end_s = 0;  // when the survivors must have ended, after the fault
};

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, generic, length) != 0) std::abort();
  getsockname(fd, generic, &length);
  close(fd);
  return ntohs(address.sin_port);
}

// A world of three processes in which something happens at one operation of one rank.
class RunningWorld {
 public:
  RunningWorld(const Scenario& scenario, int operation) : scenario_(scenario) {
    const std::string port = std::to_string(FreePort());
    for (int rank = 0; rank < kRanks; ++rank) {
      ranks_.push_back(std::make_unique<tests::RunningProgram>(std::vector<std::string>{
          "/usr/bin/env", "RANK=" + std::to_string(rank), "WORLD_SIZE=" + std::to_string(kRanks),
          "MASTER_ADDR=127.0.0.1", "MASTER_PORT=" + port, "OMP_NUM_THREADS=1",
          "RINGRL_TRANSPORT=" + scenario.transport,
          "RINGRL_TIMEOUT=" + std::to_string(scenario.timeout_s), FAULT_RANK, scenario.workload,
          scenario.fault, std::to_string(kFaultyRank), std::to_string(operation)}));
    }
  }

  // What the ranks said, in rank order; the faulty one's only if it has ended by itself.
  std::vector<tests::ProgramResult> Survive() {
    while (!Struck() && Clock::now() < start_ + std::chrono::seconds(60)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const auto struck = Clock::now();
    std::vector<tests::ProgramResult> results(kRanks);
    for (size_t rank = 0; rank < kRanks; ++rank) {
      if (rank != kFaultyRank || scenario_.fault != "stop") results[rank] = ranks_[rank]->Wait();
    }
    survived_s_ = std::chrono::duration<double>(Clock::now() - struck).count();
    return results;
  }

  double survived_s() const { return survived_s_; }

 private:
  bool Struck() const {
    const std::string said = ranks_[kFaultyRank]->OutputSoFar();
    return said.find("fault") != std::string::npos || said.find("done") != std::string::npos;
  }

  Scenario scenario_;
  Clock::time_point start_ = Clock::now();
  std::vector<std::unique_ptr<tests::RunningProgram>> ranks_;
  double survived_s_ = 0;
};

int CountOperations(const Scenario& scenario) {
  Scenario healthy = scenario;
  healthy.fault = "none";
  const std::string said = RunningWorld(healthy, -1).Survive()[kFaultyRank].out;
  const std::string before = "done after ";
  const size_t at = said.find(before);
  return at == std::string::npos ? 0 : std::stoi(said.substr(at + before.size()));
}

// Late faults may come when a rank needs nothing more; whoever fails must name the culprit.
void ExpectSurvivorsBlame(const Scenario& scenario, int operation, const std::string& culprit) {
  RunningWorld world(scenario, operation);
  const std::vector<tests::ProgramResult> results = world.Survive();
  for (size_t rank = 0; rank < kRanks; ++rank) {
    if (rank == kFaultyRank) continue;
    const tests::ProgramResult& result = results[rank];
    if (result.status == 0) {
      EXPECT_THAT(result.out, HasSubstr("done after"));
      continue;
    }
    EXPECT_EQ(result.status, 1) << "operation " << operation << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr(culprit)) << "operation " << operation;
    EXPECT_THAT(result.err, HasSubstr("rank " + std::to_string(rank) + ":"));
  }
  EXPECT_LT(world.survived_s(), scenario.end_s) << "operation " << operation;
}

// Every second operation from `first` on. Worlds run side by side: they mostly start or wait.
void ExpectBlameFrom(int first, const Scenario& scenario, const std::string& culprit) {
  constexpr int kWorldsAtOnce = 3;
  const int operations = CountOperations(scenario);
  ASSERT_GT(operations, 3);
  std::atomic<int> next = first;
  std::vector<std::jthread> worlds;
  for (int i = 0; i < kWorldsAtOnce; ++i) {
    worlds.emplace_back([&] {
      for (int operation; (operation = next.fetch_add(2)) < operations;) {
        ExpectSurvivorsBlame(scenario, operation, culprit);
      }
    });
  }
}

class FaultTest : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  Scenario scenario() const {
    return {.transport = std::get<0>(GetParam()), .workload = std::get<1>(GetParam())};
  }
  // A process takes half a second to start, so each transport has half of the operations of each
  // fault: every fault happens at every operation, and so does something to every transport.
  bool is_gloo() const { return scenario().transport == "gloo"; }
};

TEST_P(FaultTest, AKilledRankIsNamed) {
  Scenario kill = scenario();
  kill.fault = "kill";
  kill.timeout_s = 60;
  // Nobody waits for the dead.
  kill.end_s = 5;
  ExpectBlameFrom(is_gloo() ? 0 : 1, kill, "rank 1 has died");
}

TEST_P(FaultTest, AStoppedRankIsNamed) {
  Scenario stop = scenario();
  stop.fault = "stop";
  stop.timeout_s = 2;
  stop.end_s = 4;
  ExpectBlameFrom(is_gloo() ? 1 : 0, stop, "rank 1 is stopped");
}

TEST_P(FaultTest, ARankThatFailsByItselfIsNamed) {
  Scenario fail = scenario();
  fail.fault = "throw";
  fail.end_s = 5;
  ExpectSurvivorsBlame(fail, /*operation=*/3, "rank 1 has left");
}

// Bytes that are half-way when a connection breaks belong to nobody in Gloo.
class BulkFaultTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BulkFaultTest, ARankKilledWithBytesUnderWayIsNamed) {
  Scenario kill = {.transport = GetParam(), .workload = "bulk", .fault = "kill_during"};
  kill.timeout_s = 60;
  kill.end_s = 5;
  const int operations = CountOperations(kill);
  ASSERT_GT(operations, 8);
  // The last two are the collectives, which are Gloo's for every transport.
  const int first = GetParam() == "gloo" ? 1 : operations - 2;
  for (int operation = first; operation < operations; ++operation) {
    ExpectSurvivorsBlame(kill, operation, "rank 1 has died");
  }
}

INSTANTIATE_TEST_SUITE_P(Transports, BulkFaultTest, ::testing::Values("gloo", "shm"),
                         [](const auto& tested) { return tested.param; });

std::string NameOf(const ::testing::TestParamInfo<std::tuple<std::string, std::string>>& info) {
  return std::get<0>(info.param) + "_" + std::get<1>(info.param);
}

INSTANTIATE_TEST_SUITE_P(Transports, FaultTest,
                         ::testing::Combine(::testing::Values("gloo", "shm"),
                                            ::testing::Values("hops", "collectives", "attention")),
                         NameOf);

}  // namespace
}  // namespace ring
