#include "ring/runtime/process_life.h"

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include <unistd.h>

namespace ring {
namespace {

struct Stat {
  char state = 0;
  uint64_t start_time = 0;
};

// Fields 3 and 22 of /proc/PID/stat. Field 2, the name in parentheses, may hold anything.
std::optional<Stat> ReadStat(int64_t pid) {
  std::ifstream stream("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(stream, line)) return std::nullopt;
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  Stat stat;
  std::string skipped;
  fields >> stat.state;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> stat.start_time;
  if (!fields) return std::nullopt;
  return stat;
}

}  // namespace

ProcessId ProcessId::Own() {
  const int64_t pid = getpid();
  const std::optional<Stat> stat = ReadStat(pid);
  return {.pid = pid, .start_time = stat ? stat->start_time : 0};
}

Life LookUp(const ProcessId& process) {
  const std::optional<Stat> stat = ReadStat(process.pid);
  if (!stat || stat->start_time != process.start_time) return Life::kDead;
  switch (stat->state) {
    case 'Z':
    case 'X':
      return Life::kDead;
    case 'T':
    case 't':
      return Life::kStopped;
    default:
      return Life::kRunning;
  }
}

}  // namespace ring
