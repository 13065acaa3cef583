#include "experiments/benchmarks/ring_processes.h"

#include "ring/runtime/child_process.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace experiments {
namespace {

constexpr int kPatienceMs = 600'000;

// A port nobody listens on, for the ranks to meet at.
int FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool found = listener >= 0 && bind(listener, generic, size) == 0 &&
                     getsockname(listener, generic, &size) == 0;
  if (listener >= 0) close(listener);
  if (!found) throw std::runtime_error("this host has no free port");
  return ntohs(address.sin_port);
}

// A pipe with a name, since a child's standard input is closed. Gone when this is.
class RequestPipe {
 public:
  RequestPipe() {
    std::string folder = (std::filesystem::temp_directory_path() / "ringrl-bench-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make " + folder);
    folder_ = folder;
    // Open for reading too, so that opening does not wait for the child.
    if (mkfifo(path().c_str(), 0600) == 0) end_ = open(path().c_str(), O_RDWR | O_CLOEXEC);
    if (end_ < 0) throw std::runtime_error("cannot make " + path().string());
  }
  ~RequestPipe() {
    Close();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RequestPipe(const RequestPipe&) = delete;
  RequestPipe& operator=(const RequestPipe&) = delete;

  std::filesystem::path path() const { return folder_ / "requests"; }

  void Write(const std::string& line) {
    const std::string text = line + "\n";
    if (write(end_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("cannot write to " + path().string());
  }

  void Close() {
    if (end_ >= 0) close(end_);
    end_ = -1;
  }

 private:
  std::filesystem::path folder_;
  int end_ = -1;
};

std::vector<std::string> With(std::vector<std::string> arguments, const RequestPipe& requests) {
  arguments.insert(arguments.begin(), {"bench", "ring-rank", "--requests", requests.path()});
  return arguments;
}

}  // namespace

class RingProcesses::Rank {
 public:
  Rank(const RingProcessOptions& options, int rank, int port)
      : rank_(rank),
        process_({.program = options.program,
                  .arguments = With(options.arguments, requests_),
                  .environment = {{"RANK", std::to_string(rank)},
                                  {"WORLD_SIZE", std::to_string(options.num_ranks)},
                                  {"LOCAL_RANK", std::to_string(rank)},
                                  {"LOCAL_WORLD_SIZE", std::to_string(options.num_ranks)},
                                  {"MASTER_ADDR", "127.0.0.1"},
                                  {"MASTER_PORT", std::to_string(port)}},
                  .out = ring::ChildOptions::Output::kPipe}) {}

  ~Rank() {
    requests_.Close();
    for (int tenths = 0; tenths < 30 && !process_.TryWait(); ++tenths) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  void Send(const std::string& request) { requests_.Write(request); }

  // The next line it prints.
  std::string Line() {
    while (true) {
      const size_t end = unread_.find('\n');
      if (end != std::string::npos) {
        std::string line = unread_.substr(0, end);
        unread_.erase(0, end + 1);
        return line;
      }
      pollfd waited = {.fd = process_.out_fd(), .events = POLLIN, .revents = 0};
      char buffer[4096];
      const int ready = poll(&waited, 1, kPatienceMs);
      if (ready < 0 && errno == EINTR) continue;
      const ssize_t size = ready > 0 ? read(waited.fd, buffer, sizeof(buffer)) : 0;
      if (size <= 0) {
        throw std::runtime_error("rank " + std::to_string(rank_) + " of the benchmark " +
                                 (ready > 0 ? "has ended" : "says nothing"));
      }
      unread_ += std::string_view(buffer, static_cast<size_t>(size));
    }
  }

 private:
  int rank_;
  RequestPipe requests_;
  ring::ChildProcess process_;
  std::string unread_;
};

RingProcesses::RingProcesses(const RingProcessOptions& options) {
  const int port = FreePort();
  for (int rank = 0; rank < options.num_ranks; ++rank) {
    ranks_.push_back(std::make_unique<Rank>(options, rank, port));
  }
  for (const auto& rank : ranks_) {
    if (rank->Line() != "ready") throw std::runtime_error("a rank of the benchmark is confused");
  }
}

RingProcesses::~RingProcesses() = default;

std::vector<nlohmann::json> RingProcesses::Ask(const std::string& request) {
  for (const auto& rank : ranks_) rank->Send(request);
  std::vector<nlohmann::json> answers;
  for (const auto& rank : ranks_) answers.push_back(nlohmann::json::parse(rank->Line()));
  return answers;
}

}  // namespace experiments
