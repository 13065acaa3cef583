#include "experiments/benchmarks/busy_process.h"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace experiments {
namespace {

[[noreturn]] void SpinFor(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);  // it died before it could be watched
  volatile bool forever = true;
  while (forever) {
  }
  _exit(0);
}

}  // namespace

BusyProcess::BusyProcess() {
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) SpinFor(parent);
}

BusyProcess::~BusyProcess() {
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace experiments
