#include "ring/runtime/world.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace ring {
namespace {

using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

WorldOptions Read(const Variables& variables) {
  return WorldFromEnvironment([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string ErrorOf(const Variables& variables) {
  try {
    Read(variables);
  } catch (const c10::ValueError& error) {
    return error.what_without_backtrace();
  }
  return "";
}

TEST(WorldEnvironmentTest, NothingSetIsAWorldOfOne) {
  const WorldOptions options = Read({});
  EXPECT_EQ(options.rank, 0);
  EXPECT_EQ(options.size, 1);
}

TEST(WorldEnvironmentTest, ReadsTorchrunsNames) {
  const WorldOptions options = Read({{"RANK", "5"},
                                     {"WORLD_SIZE", "8"},
                                     {"LOCAL_RANK", "1"},
                                     {"LOCAL_WORLD_SIZE", "4"},
                                     {"MASTER_ADDR", "10.0.0.7"},
                                     {"MASTER_PORT", "1234"},
                                     {"RINGRL_TRANSPORT", "gloo"},
                                     {"RINGRL_TIMEOUT", "7"}});
  EXPECT_EQ(options.rank, 5);
  EXPECT_EQ(options.size, 8);
  EXPECT_EQ(options.local_rank, 1);
  EXPECT_EQ(options.local_size, 4);
  EXPECT_EQ(options.master_address, "10.0.0.7");
  EXPECT_EQ(options.master_port, 1234);
  EXPECT_EQ(options.transport, Transport::kGloo);
  EXPECT_EQ(options.timeout, std::chrono::seconds(7));
}

TEST(WorldEnvironmentTest, ReadsOpenMpisAndSlurmsNames) {
  const WorldOptions mpi = Read({{"OMPI_COMM_WORLD_RANK", "1"},
                                 {"OMPI_COMM_WORLD_SIZE", "2"},
                                 {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                 {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}});
  EXPECT_EQ(mpi.rank, 1);
  EXPECT_EQ(mpi.size, 2);
  EXPECT_EQ(mpi.master_address, "127.0.0.1");
  const WorldOptions slurm = Read({{"SLURM_PROCID", "6"},
                                   {"SLURM_STEP_NUM_TASKS", "8"},
                                   {"SLURM_LOCALID", "2"},
                                   {"SLURM_STEP_TASKS_PER_NODE", "4(x2)"},
                                   {"MASTER_ADDR", "node1"}});
  EXPECT_EQ(slurm.rank, 6);
  EXPECT_EQ(slurm.local_rank, 2);
  EXPECT_EQ(slurm.local_size, 4);
}

TEST(WorldEnvironmentTest, ABatchScriptOfSlurmsIsAWorldOfOne) {
  EXPECT_EQ(Read({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}).size, 1);
}

TEST(WorldEnvironmentTest, ErrorsNameTheVariable) {
  EXPECT_THAT(ErrorOf({{"RANK", "1"}}), HasSubstr("no WORLD_SIZE"));
  EXPECT_THAT(ErrorOf({{"WORLD_SIZE", "2"}}), HasSubstr("no RANK"));
  EXPECT_THAT(ErrorOf({{"RANK", "2"}, {"WORLD_SIZE", "2"}}), HasSubstr("RANK is 2, but"));
  EXPECT_THAT(ErrorOf({{"RANK", "one"}, {"WORLD_SIZE", "2"}}), HasSubstr("RANK is 'one'"));
  EXPECT_THAT(ErrorOf({{"RANK", "-1"}, {"WORLD_SIZE", "2"}}), HasSubstr("RANK is '-1'"));
  EXPECT_THAT(ErrorOf({{"RANK", "0"}, {"WORLD_SIZE", "2x"}}), HasSubstr("WORLD_SIZE is '2x'"));
  EXPECT_THAT(ErrorOf({{"RANK", "0"}, {"WORLD_SIZE", "1"}, {"MASTER_PORT", "70000"}}),
              HasSubstr("MASTER_PORT is 70000"));
  EXPECT_THAT(ErrorOf({{"RANK", "0"}, {"WORLD_SIZE", "4"}, {"LOCAL_WORLD_SIZE", "2"}}),
              HasSubstr("set MASTER_ADDR"));
  EXPECT_THAT(ErrorOf({{"RINGRL_TRANSPORT", "ib"}}), HasSubstr("'ib': auto, gloo, shm or nccl"));
}

TEST(WorldEnvironmentTest, TransportsHaveNames) {
  EXPECT_EQ(ParseTransport("auto"), Transport::kAuto);
  EXPECT_EQ(ParseTransport("gloo"), Transport::kGloo);
  EXPECT_EQ(ParseTransport("shm"), Transport::kSharedMemory);
  EXPECT_EQ(ParseTransport("nccl"), Transport::kNccl);
}

}  // namespace
}  // namespace ring
