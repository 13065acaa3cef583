#include "experiments/benchmarks/peer_environment.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

namespace experiments {
namespace {

TEST(PeerEnvironmentTest, TheScriptsAndThePinsAreThere) {
  for (const char* script :
       {"env_peers.py", "dataset_peers.py", "train_peers.py", "train_peers_pytorch.py",
        "train_peers_corl.py", "train_peers_d3rlpy.py"}) {
    EXPECT_TRUE(std::filesystem::exists(PeerScript(script))) << script;
  }
  const auto root = PeerScript("").parent_path().parent_path().parent_path();
  for (const char* pins : {"python-peers.txt", "python-train-peers.txt"}) {
    EXPECT_TRUE(std::filesystem::exists(root / "cmake" / pins)) << pins;
  }
}

TEST(PeerEnvironmentTest, NoPeersAreNoPython) {
  EXPECT_TRUE(PeerPython(PeerSet::kSimulating, "none").empty());
  EXPECT_TRUE(PeerPython(PeerSet::kTraining, "none").empty());
}

TEST(PeerEnvironmentTest, ThreadsAreWholeNumbersFromOne) {
  EXPECT_EQ(ParseThreads("12"), 12);
  for (const char* word : {"0", "-1", "2x", "", "1.5"}) {
    EXPECT_THROW(ParseThreads(word), std::invalid_argument) << word;
  }
}

}  // namespace
}  // namespace experiments
