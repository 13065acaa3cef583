// What every rank of a group is doing, for the others to read when a wait fails.
//
// A rank that waits in vain sees only its neighbor, who mostly waits too, for somebody else. So
// each rank keeps one entry up to date: how many operations it has finished, whom it waits for,
// whether it has given up. The entries lie in memory that all ranks of a host share (or that a
// thread copies between hosts), and cost a rank a few stores per operation.
#ifndef RING_RUNTIME_PROGRESS_BOARD_H_
#define RING_RUNTIME_PROGRESS_BOARD_H_

#include "ring/runtime/process_life.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace ring {

// The peer of an operation of the whole group.
inline constexpr int kEveryone = -1;

enum class Standing : uint32_t {
  kAbsent,   // has not come yet
  kAtWork,   // computes, or does something else that is no wait
  kWaiting,  // for `peer`
  kGaveUp,   // a wait for `peer` failed
  kLeft,     // done with the group
};

// Fixed size, zero when new: an entry of the board.
struct ProgressEntry {
  std::atomic<Standing> standing;
  std::atomic<int32_t> peer;
  std::atomic<uint64_t> finished;  // operations
  std::atomic<int64_t> pid;
  std::atomic<uint64_t> start_time;

  // Between hosts only: how often it has been published, and whether that has stopped.
  std::atomic<uint64_t> beats;
  std::atomic<bool> silent;
};

// Brings the entries of other hosts up to date, which takes a second or two.
class ProgressMirror {
 public:
  virtual ~ProgressMirror() = default;
  virtual void Refresh() = 0;
};

class ProgressBoard {
 public:
  // `entries` has one per rank. Without a mirror all ranks' processes are of this host, share the
  // entries, and can be looked up.
  ProgressBoard(int rank, int size, std::shared_ptr<ProgressEntry[]> entries,
                std::unique_ptr<ProgressMirror> mirror = nullptr);
  ~ProgressBoard();  // leaves
  ProgressBoard(const ProgressBoard&) = delete;
  ProgressBoard& operator=(const ProgressBoard&) = delete;

  void BeginWait(int peer);
  void EndWait();
  void GiveUp();  // the wait begun last has failed
  void Leave();   // nothing more to do; not after giving up

  // Whether `peer` has left as it should.
  bool HasLeft(int peer) const;

  // Why `peer` will not answer any more, if that is certain: "rank 3 has died".
  std::optional<std::string> WhyNever(int peer) const;

  // The rank that holds up this one's wait for `peer`, and what it is up to: "rank 3 is stopped".
  std::string Culprit(int peer) const;

  // The same when the connection has just broken: looks for the dead for a moment, because a
  // process closes its connections before it can be seen to be dead.
  std::string CulpritOfLoss(int peer) const;

 private:
  std::optional<std::string> Trouble(int other) const;
  void Refresh() const;
  std::optional<std::string> AnyTrouble() const;
  std::string FollowWaits(int peer) const;
  int Slowest() const;
  const ProgressEntry& entry(int r) const { return entries_[r]; }

  int rank_, size_;
  std::shared_ptr<ProgressEntry[]> entries_;
  std::unique_ptr<ProgressMirror> mirror_;
};

}  // namespace ring

#endif  // RING_RUNTIME_PROGRESS_BOARD_H_
