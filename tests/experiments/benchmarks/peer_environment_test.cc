#include "experiments/benchmarks/peer_environment.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

namespace experiments {
namespace {

TEST(PeerEnvironmentTest, TheScriptsAndThePinsAreThere) {
  for (const char* script : {"env_peers.py", "dataset_peers.py", "train_peers.py"}) {
    EXPECT_TRUE(std::filesystem::exists(PeerScript(script))) << script;
  }
  EXPECT_TRUE(std::filesystem::exists(PeerScript("").parent_path().parent_path().parent_path() /
                                      "cmake/python-peers.txt"));
}

TEST(PeerEnvironmentTest, NoPeersAreNoPython) { EXPECT_TRUE(SimulatingPeerPython("none").empty()); }

TEST(PeerEnvironmentTest, ThreadsAreWholeNumbersFromOne) {
  EXPECT_EQ(ParseThreads("12"), 12);
  for (const char* word : {"0", "-1", "2x", "", "1.5"}) {
    EXPECT_THROW(ParseThreads(word), std::invalid_argument) << word;
  }
}

}  // namespace
}  // namespace experiments
