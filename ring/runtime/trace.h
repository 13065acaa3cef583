// A timeline of what a rank does: compute, hops, waits. Written as a Chrome trace
// (chrome://tracing, Perfetto), one process per rank; and summed up as exposed communication, the
// seconds a rank has waited for a peer instead of computing.
#ifndef RING_RUNTIME_TRACE_H_
#define RING_RUNTIME_TRACE_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace ring {

enum class Activity { kCompute, kSend, kReceive, kWait, kCollective };

class TraceRecorder {
 public:
  using Clock = std::chrono::steady_clock;

  // `keep_events` false: only the sums are kept, which costs nothing.
  TraceRecorder(int rank, bool keep_events);

  // Thread-safe.
  void Add(Activity activity, const std::string& name, Clock::time_point begin,
           Clock::time_point end);

  // Seconds in kWait and in kCompute since the recorder was made.
  double wait_seconds() const;
  double compute_seconds() const;
  int64_t bytes_sent() const;
  void CountBytes(int64_t bytes);

  // This rank's events, as the lines of a trace. The ranks' clocks are those of one host.
  std::string Events() const;

 private:
  struct Event {
    Activity activity;
    std::string name;
    Clock::time_point begin, end;
  };

  int rank_;
  bool keep_events_;
  mutable std::mutex mutex_;
  std::vector<Event> events_;
  double wait_seconds_ = 0, compute_seconds_ = 0;
  int64_t bytes_sent_ = 0;
};

// Records one activity from its construction to the end of the scope. `recorder` may be null.
class TraceScope {
 public:
  TraceScope(TraceRecorder* recorder, Activity activity, std::string name)
      : recorder_(recorder), activity_(activity), name_(std::move(name)) {
    if (recorder_ != nullptr) begin_ = TraceRecorder::Clock::now();
  }
  ~TraceScope() {
    if (recorder_ != nullptr) {
      recorder_->Add(activity_, name_, begin_, TraceRecorder::Clock::now());
    }
  }
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  TraceRecorder* recorder_;
  Activity activity_;
  std::string name_;
  TraceRecorder::Clock::time_point begin_;
};

// Writes `events` of all ranks, in rank order, as one trace; whole or not at all.
void WriteTrace(const std::filesystem::path& path, const std::vector<std::string>& events);

}  // namespace ring

#endif  // RING_RUNTIME_TRACE_H_
