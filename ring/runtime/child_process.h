// A program that runs as a child of this process, and does not outlive it.
#ifndef RING_RUNTIME_CHILD_PROCESS_H_
#define RING_RUNTIME_CHILD_PROCESS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace ring {

struct ChildOptions {
  enum class Output { kInherit, kPipe, kDiscard };

  std::string program;  // a path, or a name to be found in PATH
  std::vector<std::string> arguments = {};
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to this process's own
  Output out = Output::kInherit;
  Output err = Output::kInherit;
};

// It reads nothing from stdin and is the head of a process group of its own, so that a key pressed
// on the terminal reaches this process only, and a signal from here all that the child has started.
class ChildProcess {
 public:
  // Throws c10::Error when it cannot be started. The kernel kills it when the calling thread ends.
  explicit ChildProcess(const ChildOptions& options);
  ~ChildProcess();  // kills it and all it has started
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // To the whole process group.
  void Signal(int signal);

  // The exit status, 128 + signal if a signal ended it; empty while it runs. What it has started
  // ends with it.
  std::optional<int> TryWait();

  // For poll(): becomes readable when it ends, and where its output comes from (-1: not piped).
  int ended_fd() const { return ended_fd_; }
  int out_fd() const { return out_fd_; }
  int err_fd() const { return err_fd_; }

 private:
  void End();

  pid_t pid_ = -1;
  int ended_fd_ = -1, out_fd_ = -1, err_fd_ = -1;
  std::optional<int> status_;
};

}  // namespace ring

#endif  // RING_RUNTIME_CHILD_PROCESS_H_
