// The Python environments of the systems that are measured beside ours.
//
// Each is made on demand only, by a script of this folder, from pins in cmake/.
#ifndef EXPERIMENTS_BENCHMARKS_PEER_ENVIRONMENT_H_
#define EXPERIMENTS_BENCHMARKS_PEER_ENVIRONMENT_H_

#include <filesystem>
#include <string>

namespace experiments {

// Peers that one environment holds.
enum class PeerSet {
  kSimulating,  // EnvPool and dm_control, in .deps/peers-env
  kTraining,    // PyTorch and d3rlpy, in .deps/peers-train
};

// A script of this folder's sources, by its file name.
std::filesystem::path PeerScript(const std::string& name);

// The Python to try for peers of datasets: RINGRL_PYTHON, else .deps/venv/bin/python below the
// current folder; empty when there is none.
std::filesystem::path FindPeerPython();

// The Python of a set of peers, according to --peers.
//   found  RINGRL_PYTHON, else the set's own environment below the current folder, else as above
//   make   its own environment, first made by the python3 of the path; a finished one is recognised
//          by its pins. Progress goes to stderr. Throws std::runtime_error saying what to do when
//          that fails.
//   none   empty
std::filesystem::path PeerPython(PeerSet set, const std::string& peers);

// A number of threads from a list of words. Throws std::invalid_argument below 1.
int ParseThreads(const std::string& word);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_PEER_ENVIRONMENT_H_
