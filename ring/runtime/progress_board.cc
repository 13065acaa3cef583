#include "ring/runtime/progress_board.h"

#include <chrono>
#include <thread>
#include <utility>

namespace ring {
namespace {

std::string Named(int rank) { return "rank " + std::to_string(rank); }

std::string Counted(uint64_t operations) {
  return std::to_string(operations) + (operations == 1 ? " operation" : " operations");
}

}  // namespace

ProgressBoard::ProgressBoard(int rank, int size, std::shared_ptr<ProgressEntry[]> entries,
                             std::unique_ptr<ProgressMirror> mirror)
    : rank_(rank), size_(size), entries_(std::move(entries)), mirror_(std::move(mirror)) {
  const ProcessId own = ProcessId::Own();
  entries_[rank_].pid = own.pid;
  entries_[rank_].start_time = own.start_time;
  entries_[rank_].standing = Standing::kAtWork;
}

ProgressBoard::~ProgressBoard() { Leave(); }

void ProgressBoard::BeginWait(int peer) {
  entries_[rank_].peer.store(peer, std::memory_order_relaxed);
  entries_[rank_].standing.store(Standing::kWaiting, std::memory_order_release);
}

void ProgressBoard::EndWait() {
  entries_[rank_].finished.fetch_add(1, std::memory_order_relaxed);
  entries_[rank_].standing.store(Standing::kAtWork, std::memory_order_release);
}

void ProgressBoard::GiveUp() { entries_[rank_].standing = Standing::kGaveUp; }

void ProgressBoard::Leave() {
  if (entry(rank_).standing != Standing::kGaveUp) entries_[rank_].standing = Standing::kLeft;
}

bool ProgressBoard::HasLeft(int peer) const {
  Refresh();
  return entry(peer).standing == Standing::kLeft;
}

std::optional<std::string> ProgressBoard::WhyNever(int peer) const {
  const Standing standing = entry(peer).standing;
  if (standing == Standing::kAbsent) return std::nullopt;
  if (standing == Standing::kLeft) return Named(peer) + " has left";
  if (standing == Standing::kGaveUp) return Named(peer) + " has given up";
  const ProcessId process = {.pid = entry(peer).pid, .start_time = entry(peer).start_time};
  if (!mirror_ && LookUp(process) == Life::kDead) return Named(peer) + " has died";
  return std::nullopt;
}

// What can be seen of a rank without asking who waits for whom.
std::optional<std::string> ProgressBoard::Trouble(int other) const {
  if (entry(other).standing == Standing::kAbsent) return Named(other) + " has not come";
  if (entry(other).silent) return Named(other) + " is stopped, or its host is gone";
  if (mirror_ || entry(other).standing == Standing::kLeft) return std::nullopt;
  const ProcessId process = {.pid = entry(other).pid, .start_time = entry(other).start_time};
  switch (LookUp(process)) {
    case Life::kDead:
      return Named(other) + " has died";
    case Life::kStopped:
      return Named(other) + " is stopped";
    case Life::kRunning:
      return std::nullopt;
  }
  return std::nullopt;
}

// Of those equally far, one that does not wait: it has yet to come where the others are.
int ProgressBoard::Slowest() const {
  const auto progress = [&](int r) {
    const Standing standing = entry(r).standing;
    const bool waits = standing == Standing::kWaiting || standing == Standing::kGaveUp;
    return 2 * entry(r).finished + (waits || r == rank_ ? 1 : 0);
  };
  int slowest = rank_;
  for (int r = 0; r < size_; ++r) {
    if (progress(r) < progress(slowest)) slowest = r;
  }
  return slowest;
}

// From `peer` along who waits for whom, to the first that does not wait.
std::string ProgressBoard::FollowWaits(int peer) const {
  int at = peer == kEveryone ? Slowest() : peer;
  int gave_up = rank_;
  for (int hops = 0; hops < size_ && at != rank_; ++hops) {
    const ProgressEntry& found = entry(at);
    const Standing standing = found.standing;
    if (standing == Standing::kLeft) return Named(at) + " has left";
    if (standing != Standing::kWaiting && standing != Standing::kGaveUp) {
      return Named(at) + " hangs or is slow: it has finished " + Counted(found.finished) +
             ", this rank " + std::to_string(entry(rank_).finished);
    }
    if (standing == Standing::kGaveUp && gave_up == rank_) gave_up = at;
    const int next = found.peer == kEveryone ? Slowest() : found.peer.load();
    if (next == at) break;
    at = next;
  }
  if (gave_up != rank_) return Named(gave_up) + " has given up";
  const int slowest = Slowest();
  if (slowest == rank_) return "all wait for one another";
  return "all wait for one another, and " + Named(slowest) + " is behind: it has finished " +
         Counted(entry(slowest).finished) + ", this rank " + std::to_string(entry(rank_).finished);
}

std::optional<std::string> ProgressBoard::AnyTrouble() const {
  for (int r = 0; r < size_; ++r) {
    if (r == rank_) continue;
    if (std::optional<std::string> trouble = Trouble(r)) return trouble;
  }
  return std::nullopt;
}

void ProgressBoard::Refresh() const {
  if (mirror_) mirror_->Refresh();
}

std::string ProgressBoard::Culprit(int peer) const {
  Refresh();
  const std::optional<std::string> trouble = AnyTrouble();
  return trouble ? *trouble : FollowWaits(peer);
}

std::string ProgressBoard::CulpritOfLoss(int peer) const {
  Refresh();
  for (int look = 0; look < 20; ++look) {
    if (const std::optional<std::string> trouble = AnyTrouble()) return *trouble;
    if (peer != kEveryone && WhyNever(peer)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return FollowWaits(peer);
}

}  // namespace ring
