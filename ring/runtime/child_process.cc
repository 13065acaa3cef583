#include "ring/runtime/child_process.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ring {
namespace {

class Pipe {
 public:
  Pipe() {
    int ends[2];
    TORCH_CHECK(pipe2(ends, O_CLOEXEC) == 0, "cannot make a pipe: ", std::strerror(errno));
    read_ = ends[0];
    write_ = ends[1];
  }
  ~Pipe() {
    close(read_);
    CloseWriteEnd();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return read_; }
  int write_end() const { return write_; }
  void CloseWriteEnd() {
    if (write_ >= 0) close(write_);
    write_ = -1;
  }

 private:
  int read_, write_;
};

// What exec wants, made before the fork: after it nothing may be allocated.
class ExecWords {
 public:
  explicit ExecWords(const ChildOptions& options) {
    words_.push_back(options.program);
    words_.insert(words_.end(), options.arguments.begin(), options.arguments.end());
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view name = std::string_view(*entry).substr(0, std::strcspn(*entry, "="));
      const bool replaced = std::ranges::any_of(
          options.environment, [&](const auto& added) { return added.first == name; });
      if (!replaced) environment_.emplace_back(*entry);
    }
    for (const auto& [name, value] : options.environment) {
      environment_.push_back(name + "=" + value);
    }
    for (std::string& word : words_) argv_.push_back(word.data());
    for (std::string& entry : environment_) envp_.push_back(entry.data());
    argv_.push_back(nullptr);
    envp_.push_back(nullptr);
  }

  char* const* argv() const { return argv_.data(); }
  char* const* envp() const { return envp_.data(); }

 private:
  std::vector<std::string> words_, environment_;
  std::vector<char*> argv_, envp_;
};

void Redirect(int target, ChildOptions::Output output, const Pipe& pipe) {
  if (output == ChildOptions::Output::kPipe) dup2(pipe.write_end(), target);
  if (output == ChildOptions::Output::kDiscard) dup2(open("/dev/null", O_WRONLY), target);
}

// The child, from fork to exec. Only calls that are safe while other threads hold locks.
[[noreturn]] void RunChild(const ChildOptions& options, const ExecWords& words, const Pipe pipes[3],
                           pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it ended before the line above
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  Redirect(STDOUT_FILENO, options.out, pipes[0]);
  Redirect(STDERR_FILENO, options.err, pipes[1]);
  execvpe(words.argv()[0], words.argv(), words.envp());
  const int why = errno;
  (void)!write(pipes[2].write_end(), &why, sizeof(why));
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const ChildOptions& options) {
  const ExecWords words(options);
  int why = 0;
  ssize_t told = 0;
  {
    Pipe pipes[3];  // stdout, stderr, and why exec failed: closed without a word if it did not
    const pid_t parent = getpid();
    pid_ = fork();
    TORCH_CHECK(pid_ >= 0, "cannot start a process: ", std::strerror(errno));
    if (pid_ == 0) RunChild(options, words, pipes, parent);
    setpgid(pid_, pid_);  // whoever comes first
    const bool pipes_out = options.out == ChildOptions::Output::kPipe;
    const bool pipes_err = options.err == ChildOptions::Output::kPipe;
    if (pipes_out) out_fd_ = fcntl(pipes[0].read_end(), F_DUPFD_CLOEXEC, 0);
    if (pipes_err) err_fd_ = fcntl(pipes[1].read_end(), F_DUPFD_CLOEXEC, 0);
    ended_fd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    pipes[2].CloseWriteEnd();
    told = read(pipes[2].read_end(), &why, sizeof(why));
  }
  if (told <= 0) return;
  End();
  TORCH_CHECK_VALUE(false, "cannot start ", options.program, ": ", std::strerror(why));
}

ChildProcess::~ChildProcess() { End(); }

void ChildProcess::End() {
  if (!status_) {
    Signal(SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (const int fd : {ended_fd_, out_fd_, err_fd_}) {
    if (fd >= 0) close(fd);
  }
}

void ChildProcess::Signal(int signal) {
  if (!status_) kill(-pid_, signal);
}

std::optional<int> ChildProcess::TryWait() {
  siginfo_t ended = {};
  if (status_ || waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      ended.si_pid == 0) {
    return status_;
  }
  // Before its number can be anybody else's: what it has started and left behind.
  Signal(SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return status_;
}

}  // namespace ring
