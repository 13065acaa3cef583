#include "ring/runtime/launcher.h"

#include "ring/runtime/child_process.h"
#include "ring/runtime/line_prefixer.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ring {
namespace {

using Clock = std::chrono::steady_clock;

// A port that is free now, out of those the system hands out.
int FreePort() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  TORCH_CHECK(socket_fd >= 0, "cannot make a socket: ", std::strerror(errno));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const bool bound = bind(socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
                     getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(socket_fd);
  TORCH_CHECK(bound, "cannot find a free port: ", std::strerror(errno));
  return ntohs(address.sin_port);
}

bool IsSet(std::string_view name) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (text.starts_with(name) && text.substr(name.size()).starts_with('=')) return true;
  }
  return false;
}

// SIGINT and SIGTERM, counted instead of obeyed while this lives.
class SignalWatch {
 public:
  SignalWatch() {
    for (size_t i = 0; i < kSignals.size(); ++i) {
      counts_[i] = 0;
      struct sigaction action = {};
      action.sa_handler = [](int signal) { ++counts_[signal == kSignals[0] ? 0 : 1]; };
      sigaction(kSignals[i], &action, &before_[i]);
    }
  }
  ~SignalWatch() {
    for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // One signal that has come since the last call.
  std::optional<int> Take() {
    for (size_t i = 0; i < kSignals.size(); ++i) {
      if (counts_[i] == taken_[i]) continue;
      ++taken_[i];
      return kSignals[i];
    }
    return std::nullopt;
  }

 private:
  static constexpr std::array<int, 2> kSignals = {SIGINT, SIGTERM};
  static inline std::array<std::atomic<int>, 2> counts_;
  static_assert(std::atomic<int>::is_always_lock_free);

  std::array<int, 2> taken_ = {};
  std::array<struct sigaction, 2> before_ = {};
};

struct RunningRank {
  std::unique_ptr<ChildProcess> process;
  LinePrefixer out, err;
};

class Launcher {
 public:
  explicit Launcher(const LaunchOptions& options) : options_(options) {
    const int port = FreePort();
    for (int rank = 0; rank < options.num_ranks; ++rank) Start(rank, port);
  }

  int Run() {
    while (!AllEnded()) {
      Wait();
      PassOutputOn();
      PassSignalsOn();
      LookForTheEnded();
      if (kill_at_ && Clock::now() >= *kill_at_) SignalAll(SIGKILL);
    }
    PassOutputOn();
    for (RunningRank& rank : ranks_) {
      rank.out.Finish();
      rank.err.Finish();
    }
    if (failure_) return *failure_;
    const bool obeyed = std::ranges::any_of(
        ranks_, [](const RunningRank& rank) { return rank.process->TryWait() != 0; });
    return obeyed ? 128 + stopped_by_ : 0;
  }

 private:
  ChildOptions ChildOf(int rank, int port) const {
    using Output = ChildOptions::Output;
    const std::string size = std::to_string(options_.num_ranks);
    ChildOptions child = {.program = options_.program,
                          .arguments = options_.arguments,
                          .environment = options_.environment,
                          .out = rank == 0 ? Output::kInherit : Output::kDiscard,
                          .err = Output::kInherit};
    if (options_.prefix_output) child.out = child.err = Output::kPipe;
    for (const std::string prefix : {"", "LOCAL_"}) {
      child.environment.emplace_back(prefix + "RANK", std::to_string(rank));
      child.environment.emplace_back(prefix + "WORLD_SIZE", size);
    }
    child.environment.emplace_back("MASTER_ADDR", "127.0.0.1");
    child.environment.emplace_back("MASTER_PORT", std::to_string(port));
    if (!IsSet("OMP_NUM_THREADS")) {
      const int cores = static_cast<int>(std::thread::hardware_concurrency());
      child.environment.emplace_back("OMP_NUM_THREADS",
                                     std::to_string(std::max(1, cores / options_.num_ranks)));
    }
    return child;
  }

  void Start(int rank, int port) {
    const std::string prefix = "[" + std::to_string(rank) + "] ";
    ranks_.push_back({.process = std::make_unique<ChildProcess>(ChildOf(rank, port)),
                      .out = LinePrefixer(prefix, STDOUT_FILENO),
                      .err = LinePrefixer(prefix, STDERR_FILENO)});
  }

  bool AllEnded() const {
    return std::ranges::all_of(
        ranks_, [](const RunningRank& rank) { return rank.process->TryWait().has_value(); });
  }

  // Until something can be read, somebody ends, a signal comes, or it is time to look at the clock.
  void Wait() {
    std::vector<pollfd> watched;
    for (const RunningRank& rank : ranks_) {
      if (!rank.process->TryWait()) watched.push_back({rank.process->ended_fd(), POLLIN, 0});
      if (!rank.out.at_end()) watched.push_back({rank.process->out_fd(), POLLIN, 0});
      if (!rank.err.at_end()) watched.push_back({rank.process->err_fd(), POLLIN, 0});
    }
    poll(watched.data(), watched.size(), /*timeout=*/100);
  }

  void PassOutputOn() {
    for (RunningRank& rank : ranks_) {
      rank.out.PassOn(rank.process->out_fd());
      rank.err.PassOn(rank.process->err_fd());
    }
  }

  void PassSignalsOn() {
    while (const std::optional<int> signal = signals_.Take()) {
      stopped_by_ = *signal;
      SignalAll(*signal);
    }
  }

  void SignalAll(int signal) {
    for (RunningRank& rank : ranks_) rank.process->Signal(signal);
  }

  // When several ended since the last look, one that a signal killed was first: the others ended
  // because of it. Ranks that obey a signal from outside take the time they need.
  void LookForTheEnded() {
    if (kill_at_) return;
    for (const RunningRank& rank : ranks_) {
      const int status = rank.process->TryWait().value_or(0);
      if (status == 0 || (stopped_by_ != 0 && status == 128 + stopped_by_)) continue;
      if (!kill_at_ || status > 128) failure_ = status;
      kill_at_ = Clock::now() + options_.grace;
    }
    if (kill_at_) SignalAll(SIGTERM);
  }

  const LaunchOptions& options_;
  SignalWatch signals_;  // before the first rank starts
  std::vector<RunningRank> ranks_;
  int stopped_by_ = 0;  // the last signal from outside
  std::optional<int> failure_;
  std::optional<Clock::time_point> kill_at_;
};

}  // namespace

int Launch(const LaunchOptions& options) {
  TORCH_CHECK_VALUE(options.num_ranks > 0, "cannot launch ", options.num_ranks, " ranks");
  return Launcher(options).Run();
}

}  // namespace ring
