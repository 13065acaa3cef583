#include "experiments/progress.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <unistd.h>

namespace experiments {
namespace {

// Three digits say all a progress line needs: 0.123, 12.3, 1234.
std::string FormatRate(double rate) {
  char text[32];
  const int decimals = rate >= 100 ? 0 : rate >= 10 ? 1 : rate >= 1 ? 2 : 3;
  std::snprintf(text, sizeof(text), "%.*f", decimals, rate);
  return text;
}

}  // namespace

Progress::Progress(std::string label, int64_t total, std::string unit,
                   const ProgressOptions& options)
    : label_(std::move(label)),
      total_(total),
      unit_(std::move(unit)),
      options_(options),
      terminal_(isatty(fileno(options.stream)) == 1),
      start_(Clock::now()),
      next_(start_ + (terminal_ ? options_.terminal_interval : options_.line_interval)) {}

Progress::~Progress() {
  if (line_open_) std::fputc('\n', options_.stream);
}

void Progress::Update(int64_t done, std::string_view note) {
  last_done_ = done;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? options_.terminal_interval : options_.line_interval);
  Show(Format(done, note, now - start_));
}

void Progress::Finish(std::string_view note) {
  Show(Format(last_done_, note, Clock::now() - start_));
  if (line_open_) std::fputc('\n', options_.stream);
  line_open_ = false;
}

void Progress::Print(std::string_view line) {
  ClearLine();
  std::fprintf(options_.stream, "%.*s\n", static_cast<int>(line.size()), line.data());
  std::fflush(options_.stream);
}

std::string Progress::Format(int64_t done, std::string_view note,
                             std::chrono::duration<double> elapsed) const {
  std::string text = label_ + "  " + std::to_string(done);
  if (total_ > 0) {
    text += "/" + std::to_string(total_);
    text += "  " + std::to_string(100 * done / total_) + " %";
  }
  if (!note.empty()) text += "  " + std::string(note);
  const double seconds = elapsed.count();
  if (done > 0 && seconds > 0) {
    text += "  " + FormatRate(static_cast<double>(done) / seconds) + " " + unit_ + "/s";
  }
  if (total_ > 0 && done >= total_) {
    text += "  " + FormatDuration(seconds);
  } else if (total_ > 0 && done > 0) {
    const double left = seconds * static_cast<double>(total_ - done) / static_cast<double>(done);
    text += "  about " + FormatDuration(left) + " left";
  }
  return text;
}

void Progress::Show(const std::string& text) {
  if (terminal_) {
    ClearLine();
    std::fputs(text.c_str(), options_.stream);
    line_open_ = true;
  } else {
    std::fprintf(options_.stream, "%s\n", text.c_str());
  }
  std::fflush(options_.stream);
}

void Progress::ClearLine() {
  if (line_open_) std::fputs("\r\033[K", options_.stream);
  line_open_ = false;
}

std::string FormatDuration(double seconds) {
  const int64_t whole = std::max<int64_t>(0, std::llround(seconds));
  char text[48];
  if (seconds < 9.95) {
    std::snprintf(text, sizeof(text), "%.1f s", seconds);
  } else if (whole < 60) {
    std::snprintf(text, sizeof(text), "%lld s", static_cast<long long>(whole));
  } else if (whole < 3600) {
    std::snprintf(text, sizeof(text), "%lld min %lld s", static_cast<long long>(whole / 60),
                  static_cast<long long>(whole % 60));
  } else {
    std::snprintf(text, sizeof(text), "%lld h %lld min", static_cast<long long>(whole / 3600),
                  static_cast<long long>(whole % 3600 / 60));
  }
  return text;
}

std::string FormatBytes(double bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(kUnits)) {
    bytes /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof(text), unit == 0 || bytes >= 99.95 ? "%.0f %s" : "%.1f %s", bytes,
                kUnits[unit]);
  return text;
}

}  // namespace experiments
