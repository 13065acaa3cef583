#include "experiments/startup_clock.h"

#include <nlohmann/json.hpp>

#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>

#include <unistd.h>

namespace experiments {

double SecondsSinceProcessStart() {
  // See proc(5), /proc/pid/stat: field 22 is when it started, in clock ticks since boot; the second
  // field, the program's name, may hold spaces, and ends at the last bracket.
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string field;
  for (int i = 3; i < 22; ++i) fields >> field;
  double ticks = 0;
  fields >> ticks;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec) -
         ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

void StartupClock::End(const std::string& phase) {
  ends_.emplace_back(phase, SecondsSinceProcessStart());
}

nlohmann::json StartupClock::Seconds() const {
  nlohmann::json seconds = {{"total", ends_.back().second}};
  double begin = 0;
  for (const auto& [phase, end] : ends_) {
    seconds[phase] = end - begin;
    begin = end;
  }
  return seconds;
}

}  // namespace experiments
