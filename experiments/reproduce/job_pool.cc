#include "experiments/reproduce/job_pool.h"

#include "ring/runtime/child_process.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <list>
#include <optional>

#include <poll.h>
#include <unistd.h>

namespace experiments {
namespace {

using Clock = std::chrono::steady_clock;

// How long a signal, or the end of a time-out, may go unnoticed.
constexpr int kPollMilliseconds = 100;

class RunningJob {
 public:
  explicit RunningJob(const Job& job)
      : job_(job),
        child_({.program = job.program,
                .arguments = job.arguments,
                .out = ring::ChildOptions::Output::kPipe,
                .err = ring::ChildOptions::Output::kPipe}),
        log_(job.log, std::ios::app),
        start_(Clock::now()) {}

  const Job& job() const { return job_; }

  void AddTo(std::vector<pollfd>& waits) const {
    for (const int fd : {child_.ended_fd(), child_.out_fd(), child_.err_fd()}) {
      waits.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    }
  }

  // Takes what has been said; the fds are those that AddTo() named, in its order.
  void Read(std::span<const pollfd> waits) {
    for (const pollfd& wait : waits.subspan(1)) {
      if ((wait.revents & (POLLIN | POLLHUP)) != 0) ReadOnce(wait.fd);
    }
  }

  // Asks it to stop, and ends it when it has not after `grace`.
  void Press(bool stopping, std::chrono::seconds grace) {
    const Clock::time_point now = Clock::now();
    const bool late = job_.timeout.count() > 0 && now - start_ > job_.timeout;
    if (!asked_ && (stopping || late)) {
      outcome_.stopped = stopping;
      outcome_.timed_out = !stopping;
      child_.Signal(SIGTERM);
      asked_ = now;
    }
    if (asked_ && now - *asked_ > grace) child_.Signal(SIGKILL);
  }

  std::optional<JobOutcome> TryFinish() {
    const std::optional<int> status = child_.TryWait();
    if (!status) return std::nullopt;
    while (ReadOnce(child_.out_fd()) || ReadOnce(child_.err_fd())) continue;
    outcome_.status = *status;
    outcome_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    return outcome_;
  }

 private:
  // Whether there was anything. What it has started is gone with it, so a pipe ends.
  bool ReadOnce(int fd) {
    std::array<char, 4096> text;
    const ssize_t length = read(fd, text.data(), text.size());
    if (length <= 0) return false;
    log_.write(text.data(), length);
    log_.flush();
    for (const char letter : std::span(text).first(static_cast<size_t>(length))) {
      if (letter == '\n') {
        if (!line_.empty()) outcome_.last_line = line_;
        line_.clear();
      } else {
        line_ += letter;
      }
    }
    return true;
  }

  const Job& job_;
  ring::ChildProcess child_;
  std::ofstream log_;
  Clock::time_point start_;
  std::optional<Clock::time_point> asked_;
  JobOutcome outcome_;
  std::string line_;
};

void WaitForNews(std::list<RunningJob>& running) {
  std::vector<pollfd> waits;
  for (const RunningJob& job : running) job.AddTo(waits);
  poll(waits.data(), waits.size(), kPollMilliseconds);
  std::span<const pollfd> rest = waits;
  for (RunningJob& job : running) {
    job.Read(rest.first(3));
    rest = rest.subspan(3);
  }
}

}  // namespace

void RunJobs(std::span<const Job> jobs, const JobPoolOptions& options,
             const std::function<void(const Job&, const JobOutcome&)>& on_end) {
  std::list<RunningJob> running;
  while (true) {
    const bool stopping = options.should_stop && options.should_stop();
    while (!stopping && !jobs.empty() && std::ssize(running) < options.num_jobs) {
      running.emplace_back(jobs.front());
      jobs = jobs.subspan(1);
    }
    if (running.empty()) return;
    WaitForNews(running);
    for (auto job = running.begin(); job != running.end();) {
      job->Press(stopping, options.grace);
      const std::optional<JobOutcome> outcome = job->TryFinish();
      if (outcome) on_end(job->job(), *outcome);
      job = outcome ? running.erase(job) : std::next(job);
    }
  }
}

}  // namespace experiments
