#include "experiments/benchmarks/peer_environment.h"

#include "experiments/benchmarks/peer_process.h"
#include "experiments/locations.h"

#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace experiments {
namespace {

constexpr char kFolder[] = ".deps/peers-env";

}  // namespace

std::filesystem::path PeerScript(const std::string& name) {
  return RecipeFolder().parent_path() / "benchmarks" / name;
}

std::filesystem::path FindPeerPython() {
  const char* named = std::getenv("RINGRL_PYTHON");
  const std::filesystem::path python = named != nullptr ? named : ".deps/venv/bin/python";
  return std::filesystem::exists(python) ? python : std::filesystem::path();
}

std::filesystem::path FindSimulatingPeerPython() {
  const auto made = std::filesystem::path(kFolder) / "bin/python";
  const bool named = std::getenv("RINGRL_PYTHON") != nullptr;
  return !named && std::filesystem::exists(made) ? made : FindPeerPython();
}

std::filesystem::path MakeSimulatingPeers() {
  const std::filesystem::path pins =
      RecipeFolder().parent_path().parent_path() / "cmake/python-peers.txt";
  const std::string command =
      ShellCommand("python3", PeerScript("env_peers.py"), {"make", kFolder, pins.string()});
  if (std::system((command + " >&2").c_str()) != 0) {
    throw std::runtime_error(
        "the peers could not be installed (the reason is above): pip and venv of python3 (apt "
        "package python3-venv), a network and 2 GB of disk are needed; --peers none does without");
  }
  return std::filesystem::path(kFolder) / "bin/python";
}

std::filesystem::path SimulatingPeerPython(const std::string& peers) {
  if (peers == "none") return {};
  return peers == "make" ? MakeSimulatingPeers() : FindSimulatingPeerPython();
}

int ParseThreads(const std::string& word) {
  int value = 0;
  const char* end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || rest != end || value < 1)
    throw std::invalid_argument("'" + word + "' is not a number of threads");
  return value;
}

}  // namespace experiments
