// Where the time goes between the start of the process and the first useful step of its work.
#ifndef EXPERIMENTS_STARTUP_CLOCK_H_
#define EXPERIMENTS_STARTUP_CLOCK_H_

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <utility>
#include <vector>

namespace experiments {

// Seconds since the system started this process, to a hundredth: an exec in between counts along.
double SecondsSinceProcessStart();

class StartupClock {
 public:
  // The first phase, "libraries", ends now: loading the program and all it is linked to.
  StartupClock() { End("libraries"); }

  // A phase ends now, and the next one begins. Each name is used once.
  void End(const std::string& phase);

  // Seconds by phase, and "total".
  nlohmann::json Seconds() const;

 private:
  std::vector<std::pair<std::string, double>> ends_;  // seconds since the start
};

}  // namespace experiments

#endif  // EXPERIMENTS_STARTUP_CLOCK_H_
