#include "ring/runtime/trace.h"

#include <c10/util/Exception.h>

#include <cstdio>
#include <fstream>
#include <system_error>

namespace ring {
namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

const char* Name(Activity activity) {
  switch (activity) {
    case Activity::kCompute:
      return "compute";
    case Activity::kSend:
      return "send";
    case Activity::kReceive:
      return "receive";
    case Activity::kWait:
      return "wait";
    case Activity::kCollective:
      return "collective";
  }
  return "";
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + "\"";
}

double Seconds(TraceRecorder::Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

TraceRecorder::TraceRecorder(int rank, bool keep_events) : rank_(rank), keep_events_(keep_events) {}

void TraceRecorder::Add(Activity activity, const std::string& name, Clock::time_point begin,
                        Clock::time_point end) {
  const std::lock_guard lock(mutex_);
  if (activity == Activity::kWait) wait_seconds_ += Seconds(end - begin);
  if (activity == Activity::kCompute) compute_seconds_ += Seconds(end - begin);
  if (keep_events_) events_.push_back({activity, name, begin, end});
}

double TraceRecorder::wait_seconds() const {
  const std::lock_guard lock(mutex_);
  return wait_seconds_;
}

double TraceRecorder::compute_seconds() const {
  const std::lock_guard lock(mutex_);
  return compute_seconds_;
}

int64_t TraceRecorder::bytes_sent() const {
  const std::lock_guard lock(mutex_);
  return bytes_sent_;
}

void TraceRecorder::CountBytes(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_sent_ += bytes;
}

std::string TraceRecorder::Events() const {
  const std::lock_guard lock(mutex_);
  const std::string process = "\"pid\":" + std::to_string(rank_);
  std::string lines = "{\"ph\":\"M\",\"name\":\"process_name\"," + process +
                      ",\"args\":{\"name\":\"rank " + std::to_string(rank_) + "\"}}";
  // One line of the picture for each kind of activity: messages overlap with what a rank does.
  for (int kind = 0; kind <= static_cast<int>(Activity::kCollective); ++kind) {
    lines += ",\n{\"ph\":\"M\",\"name\":\"thread_name\"," + process +
             ",\"tid\":" + std::to_string(kind) + ",\"args\":{\"name\":\"" +
             Name(static_cast<Activity>(kind)) + "\"}}";
  }
  for (const Event& event : events_) {
    char numbers[128];
    std::snprintf(numbers, sizeof(numbers), ",\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f}",
                  static_cast<int>(event.activity),
                  Microseconds(event.begin.time_since_epoch()).count(),
                  Microseconds(event.end - event.begin).count());
    lines += ",\n{\"ph\":\"X\",\"name\":" + Quoted(event.name) + ",\"cat\":\"" +
             Name(event.activity) + "\"," + process + numbers;
  }
  return lines;
}

void WriteTrace(const std::filesystem::path& path, const std::vector<std::string>& events) {
  const std::filesystem::path unfinished = path.string() + ".unfinished";
  {
    std::ofstream stream(unfinished, std::ios::trunc);
    stream << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
    for (size_t r = 0; r < events.size(); ++r) stream << (r == 0 ? "" : ",\n") << events[r];
    stream << "\n]}\n";
    stream.close();
    TORCH_CHECK(stream, "cannot write the trace to ", unfinished.string());
  }
  std::error_code failed;
  std::filesystem::rename(unfinished, path, failed);
  TORCH_CHECK(!failed, "cannot write the trace to ", path.string(), ": ", failed.message());
}

}  // namespace ring
