// Lets a test stand on a machine with other programs: PATH, for as long as this lives.
#ifndef TESTS_RL_RENDER_PATH_VARIABLE_H_
#define TESTS_RL_RENDER_PATH_VARIABLE_H_

#include <cstdlib>
#include <string>

namespace tests {

class PathVariable {
 public:
  explicit PathVariable(const std::string& value) : before_(std::getenv("PATH")) {
    setenv("PATH", value.c_str(), 1);
  }
  ~PathVariable() { setenv("PATH", before_.c_str(), 1); }
  PathVariable(const PathVariable&) = delete;
  PathVariable& operator=(const PathVariable&) = delete;

 private:
  std::string before_;
};

}  // namespace tests

#endif  // TESTS_RL_RENDER_PATH_VARIABLE_H_
