#include "rl/train/run_folder.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <sys/file.h>

namespace rl {
namespace {

namespace fs = std::filesystem;

FileDescriptor Lock(const fs::path& folder) {
  FileDescriptor lock(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.get() < 0) {
    throw std::invalid_argument("no run: " + folder.string() + " is not a readable folder");
  }
  // The lock goes with the process, however that ends: there is nothing to clean up after a crash.
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    throw std::invalid_argument("another process is training in " + folder.string() +
                                "; wait for it or stop it first");
  }
  return lock;
}

}  // namespace

RunFolder::RunFolder(fs::path path, FileDescriptor lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

RunFolder RunFolder::Create(const fs::path& runs, const RunName& name) {
  const fs::path parent = runs / name.task / name.algorithm;
  fs::create_directories(parent);
  fs::path path = parent / name.stem;
  // Two runs of one name within a second: create_directory tells who came first.
  for (int suffix = 2; !fs::create_directory(path); ++suffix) {
    path = parent / (name.stem + "_" + std::to_string(suffix));
  }
  FileDescriptor lock = Lock(path);
  return RunFolder(std::move(path), std::move(lock));
}

RunFolder RunFolder::CreateAt(const fs::path& path) {
  fs::create_directories(path);
  FileDescriptor lock = Lock(path);
  if (fs::exists(path / "config.cfg")) {
    throw std::invalid_argument(path.string() + " holds a run already; resume it instead");
  }
  return RunFolder(path, std::move(lock));
}

RunFolder RunFolder::Open(const fs::path& path) {
  if (!fs::is_regular_file(path / "config.cfg")) {
    throw std::invalid_argument("no run: " + path.string() +
                                " has no config.cfg; give the folder that `train` printed");
  }
  FileDescriptor lock = Lock(path);
  return RunFolder(path, std::move(lock));
}

void RunFolder::WriteFile(const std::string& name, const std::string& text) const {
  WriteFileDurably(path_ / name, text);
}

std::string RunFolder::ReadFile(const std::string& name) const {
  std::ifstream file(path_ / name, std::ios::binary);
  if (!file) throw std::invalid_argument("cannot read " + (path_ / name).string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace rl
