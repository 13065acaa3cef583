// Runs programs side by side, a few at a time, and waits for them: each with a time-out, its output
// in a file, and stopped in order when this process is asked to stop.
#ifndef EXPERIMENTS_REPRODUCE_JOB_POOL_H_
#define EXPERIMENTS_REPRODUCE_JOB_POOL_H_

#include <chrono>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace experiments {

struct Job {
  std::string name = {};
  std::string program = {};
  std::vector<std::string> arguments = {};
  std::filesystem::path log = {};   // its stdout and stderr are added to this file
  std::chrono::seconds timeout{0};  // 0: none
};

struct JobOutcome {
  int status = 0;  // exit status, 128 + signal if one ended it
  bool timed_out = false;
  bool stopped = false;  // because this process was asked to
  double seconds = 0.0;
  std::string last_line = {};  // of its output: what it says when it fails
};

struct JobPoolOptions {
  int num_jobs = 1;  // at once
  // A job that is stopped or out of time gets SIGTERM, and SIGKILL this much later.
  std::chrono::seconds grace{60};
  std::function<bool()> should_stop = {};  // asked a few times a second; may be empty
};

// `on_end` is called on this thread after each job, in the order in which they end. Jobs that are
// not begun when the pool is stopped have no outcome.
void RunJobs(std::span<const Job> jobs, const JobPoolOptions& options,
             const std::function<void(const Job&, const JobOutcome&)>& on_end);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_JOB_POOL_H_
