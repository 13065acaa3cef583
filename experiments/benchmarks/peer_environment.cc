#include "experiments/benchmarks/peer_environment.h"

#include "experiments/benchmarks/peer_process.h"
#include "experiments/locations.h"

#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace experiments {
namespace {

struct Environment {
  const char* folder;
  const char* script;
  const char* pins;
  const char* disk;
};

Environment EnvironmentOf(PeerSet set) {
  if (set == PeerSet::kSimulating) {
    return {.folder = ".deps/peers-env",
            .script = "env_peers.py",
            .pins = "python-peers.txt",
            .disk = "2 GB"};
  }
  return {.folder = ".deps/peers-train",
          .script = "train_peers.py",
          .pins = "python-train-peers.txt",
          .disk = "9 GB"};
}

std::filesystem::path PythonOf(const Environment& environment) {
  return std::filesystem::path(environment.folder) / "bin/python";
}

void Make(const Environment& environment) {
  const std::filesystem::path pins =
      RecipeFolder().parent_path().parent_path() / "cmake" / environment.pins;
  const std::string command = ShellCommand("python3", PeerScript(environment.script),
                                           {"make", environment.folder, pins.string()});
  if (std::system((command + " >&2").c_str()) != 0) {
    throw std::runtime_error(
        std::string("the peers could not be installed (the reason is above): pip and venv of "
                    "python3 (apt package python3-venv), a network and ") +
        environment.disk + " of disk are needed; --peers none does without");
  }
}

}  // namespace

std::filesystem::path PeerScript(const std::string& name) {
  return RecipeFolder().parent_path() / "benchmarks" / name;
}

std::filesystem::path FindPeerPython() {
  const char* named = std::getenv("RINGRL_PYTHON");
  const std::filesystem::path python = named != nullptr ? named : ".deps/venv/bin/python";
  return std::filesystem::exists(python) ? python : std::filesystem::path();
}

std::filesystem::path PeerPython(PeerSet set, const std::string& peers) {
  if (peers == "none") return {};
  const Environment environment = EnvironmentOf(set);
  if (peers == "make") Make(environment);
  const bool named = peers != "make" && std::getenv("RINGRL_PYTHON") != nullptr;
  const std::filesystem::path own = PythonOf(environment);
  return !named && std::filesystem::exists(own) ? own : FindPeerPython();
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
