// The command line, or a file it names, asks for something that does not exist.
#ifndef EXPERIMENTS_OPTIONS_USAGE_ERROR_H_
#define EXPERIMENTS_OPTIONS_USAGE_ERROR_H_

#include <stdexcept>

namespace experiments {

// main() prints it and exits with 2. The message is one sentence that names the flag, or the line
// of the file, and says what was expected.
struct UsageError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

}  // namespace experiments

#endif  // EXPERIMENTS_OPTIONS_USAGE_ERROR_H_
