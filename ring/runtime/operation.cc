#include "ring/runtime/operation.h"

#include <cstdio>
#include <exception>

namespace ring {
namespace {

std::string Seconds(std::chrono::nanoseconds duration) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f s", std::chrono::duration<double>(duration).count());
  return text;
}

// Gloo says "[file:line] what happened. What might be the reason", and more lines; what happened is
// enough.
std::string Plain(const std::string& what) {
  std::string text = what.substr(0, what.find('\n'));
  if (text.starts_with('[')) {
    const size_t place_end = text.find("] ");
    if (place_end != std::string::npos) text = text.substr(place_end + 2);
  }
  return text.substr(0, text.find(". "));
}

}  // namespace

Operation Member::SendOf(const Hop& hop, int to) const {
  return {"send of " + Describe(hop) + " to rank " + std::to_string(to), to, timeout_,
          Activity::kSend};
}

Operation Member::ReceiveOf(const Hop& hop, int from) const {
  return {"receive of " + Describe(hop) + " from rank " + std::to_string(from), from, timeout_,
          Activity::kReceive};
}

Operation Member::CollectiveOf(const std::string& kind, const std::string& what) const {
  return {kind + " of " + what, kEveryone, timeout_};
}

void Member::CheckWorks() const {
  if (!failure_.empty()) {
    throw CommunicationError("the group is of no more use since an error: " + failure_);
  }
}

void Member::Fail(const Operation& operation, const std::string& reason) {
  failure_ = "rank " + std::to_string(rank_) + ": " + operation.name + ": " + reason;
  board_->GiveUp();
  throw CommunicationError(failure_);
}

void Member::FailAfter(const Operation& operation, std::chrono::nanoseconds waited,
                       const std::exception& error) {
  // Timers of transports are coarse: a time-out may come a little early.
  const bool timed_out = waited >= operation.timeout * 9 / 10;
  const std::string culprit =
      timed_out ? board_->Culprit(operation.peer) : board_->CulpritOfLoss(operation.peer);
  const std::string reason = timed_out ? "no answer in " + Seconds(waited) : Plain(error.what());
  Fail(operation, reason == culprit ? reason : reason + "; " + culprit);
}

void Member::Start(const Operation& operation, const std::function<void()>& post) {
  CheckWorks();
  try {
    post();
  } catch (const std::exception& error) {
    FailAfter(operation, std::chrono::nanoseconds(0), error);
  }
}

void Member::Complete(const Operation& operation, const std::function<void()>& wait) {
  CheckWorks();
  const auto begin = TraceRecorder::Clock::now();
  board_->BeginWait(operation.peer);
  try {
    wait();
  } catch (const std::exception& error) {
    FailAfter(operation, TraceRecorder::Clock::now() - begin, error);
  }
  board_->EndWait();
  if (trace_ == nullptr) return;
  const auto end = TraceRecorder::Clock::now();
  trace_->Add(Activity::kWait, operation.name, begin, end);
  trace_->Add(operation.activity, operation.name, operation.began, end);
}

}  // namespace ring
