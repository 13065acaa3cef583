#include "experiments/machine.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <unistd.h>

namespace experiments {
namespace {

std::string FirstLine(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::string line;
  std::getline(stream, line);
  return line;
}

// The value of the first line "key : value" of a /proc file, or "".
std::string ProcValue(const std::filesystem::path& path, const std::string& key) {
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const size_t colon = line.find(':');
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    if (colon != std::string::npos && begin != std::string::npos) return line.substr(begin);
  }
  return {};
}

// Cores that the control group's quota is worth ("200000 100000" is 2), or 0 without a quota.
int QuotaCores() {
  std::istringstream line(FirstLine("/sys/fs/cgroup/cpu.max"));
  double quota = 0;
  double period = 0;
  if (!(line >> quota >> period) || period <= 0) return 0;
  return std::max(1, static_cast<int>(std::ceil(quota / period)));
}

int64_t MemoryBytes() {
  const int64_t physical = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  std::istringstream line(FirstLine("/sys/fs/cgroup/memory.max"));
  int64_t limit = 0;
  return line >> limit && limit > 0 ? std::min(limit, physical) : physical;
}

// Asked of the driver, so that no CUDA library is needed to know.
std::optional<std::string> GpuName() {
  std::error_code missing;
  const std::filesystem::path folder = "/proc/driver/nvidia/gpus";
  for (const auto& gpu : std::filesystem::directory_iterator(folder, missing)) {
    const std::string model = ProcValue(gpu.path() / "information", "Model");
    if (!model.empty()) return model;
  }
  return std::nullopt;
}

}  // namespace

int DefaultThreads() {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int quota = QuotaCores();
  return quota > 0 ? std::min(cores, quota) : cores;
}

Machine DescribeMachine() {
  const std::string cpu = ProcValue("/proc/cpuinfo", "model name");
  return {.cpu = cpu.empty() ? "unknown" : cpu,
          .cores = DefaultThreads(),
          .memory_bytes = MemoryBytes(),
          .gpu = GpuName()};
}

nlohmann::json ToJson(const Machine& machine) {
  nlohmann::json json = {
      {"cpu", machine.cpu}, {"cores", machine.cores}, {"memory", machine.memory_bytes}};
  json["gpu"] = machine.gpu ? nlohmann::json(*machine.gpu) : nlohmann::json();
  return json;
}

}  // namespace experiments
