// The Python environment of the systems that simulate beside ours: EnvPool and dm_control.
//
// It is made on demand only, by env_peers.py, from the pins in cmake/python-peers.txt.
#ifndef EXPERIMENTS_BENCHMARKS_PEER_ENVIRONMENT_H_
#define EXPERIMENTS_BENCHMARKS_PEER_ENVIRONMENT_H_

#include <filesystem>
#include <string>

namespace experiments {

// A script of this folder's sources, by its file name.
std::filesystem::path PeerScript(const std::string& name);

// The Python to try for peers of datasets and training: RINGRL_PYTHON, else .deps/venv/bin/python
// below the current folder; empty when there is none.
std::filesystem::path FindPeerPython();

// The same for peers that simulate: RINGRL_PYTHON, else .deps/peers-env/bin/python, else as above.
std::filesystem::path FindSimulatingPeerPython();

// Installs the pinned peers into .deps/peers-env below the current folder, with the python3 of the
// path; a finished environment is recognised by its pins. Progress goes to stderr. Throws
// std::runtime_error saying what to do when that fails.
std::filesystem::path MakeSimulatingPeers();

// What --peers says: "found" (use what is there), "make" (install first) or "none" (empty path).
std::filesystem::path SimulatingPeerPython(const std::string& peers);

// A number of threads from a list of words. Throws std::invalid_argument below 1.
int ParseThreads(const std::string& word);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_PEER_ENVIRONMENT_H_
