// How long work shows that it is alive: one line that rewrites itself on a terminal, a line every
// few seconds elsewhere. It goes to stderr, so that stdout stays the command's result.
//
//   training   1200/4000  30 %  loss 0.0213  2.1 steps/s  about 22 min left
#ifndef EXPERIMENTS_PROGRESS_H_
#define EXPERIMENTS_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace experiments {

struct ProgressOptions {
  std::FILE* stream = stderr;
  // Least time between two updates that are shown, on a terminal and elsewhere.
  std::chrono::milliseconds terminal_interval{100};
  std::chrono::milliseconds line_interval{5000};
};

// Not thread-safe: one thread reports.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  // `total` units of work, 0 when unknown; `unit` is what is counted, for the rate: "steps",
  // "files".
  Progress(std::string label, int64_t total, std::string unit, const ProgressOptions& options = {});
  ~Progress();  // leaves the terminal's line complete
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Shows that `done` units are done, with a short note ("loss 0.02"), if it is time to.
  void Update(int64_t done, std::string_view note = {});
  // Shows the last state whatever the time.
  void Finish(std::string_view note = {});
  // Prints a line of its own above the progress line.
  void Print(std::string_view line);

  // The text for a moment `elapsed` after the start. Pure, for tests.
  std::string Format(int64_t done, std::string_view note,
                     std::chrono::duration<double> elapsed) const;

 private:
  void Show(const std::string& text);
  void ClearLine();

  std::string label_;
  int64_t total_;
  std::string unit_;
  ProgressOptions options_;
  bool terminal_;
  bool line_open_ = false;  // the terminal's cursor stands behind an unfinished line
  int64_t last_done_ = 0;
  Clock::time_point start_;
  Clock::time_point next_;  // nothing is shown before this
};

// "4.2 s", "3 min 20 s", "2 h 5 min".
std::string FormatDuration(double seconds);
// "812 B", "3.4 MB", "1.2 GB" (powers of 1000).
std::string FormatBytes(double bytes);

}  // namespace experiments

#endif  // EXPERIMENTS_PROGRESS_H_
