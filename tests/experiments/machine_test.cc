#include "experiments/machine.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <thread>

namespace experiments {
namespace {

TEST(DefaultThreadsTest, IsNoMoreThanThisProcessMayUse) {
  EXPECT_GE(DefaultThreads(), 1);
  EXPECT_LE(DefaultThreads(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(MachineTest, WritesAMissingGpuAsNull) {
  const nlohmann::json json = ToJson(Machine{.cpu = "c", .cores = 2, .memory_bytes = 5, .gpu = {}});
  EXPECT_EQ(json, nlohmann::json::parse(R"({"cpu":"c","cores":2,"memory":5,"gpu":null})"));
  const nlohmann::json with_gpu = ToJson(Machine{.cpu = "c", .gpu = "g"});
  EXPECT_EQ(with_gpu["gpu"], "g");
}

TEST(MachineTest, IsDescribed) {
  const Machine machine = DescribeMachine();
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_EQ(machine.cores, DefaultThreads());
  EXPECT_GT(machine.memory_bytes, 0);
}

}  // namespace
}  // namespace experiments
