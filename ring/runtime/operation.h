// One thing a rank does with its peers, and what is said when it fails.
//
// Every wait of the runtime goes through Complete(): it is recorded in the trace, shown to the
// other ranks on the progress board, and whatever ends it but success becomes one sentence that
// names rank, peer, operation, bytes, seconds and, as far as anybody can tell, the culprit.
#ifndef RING_RUNTIME_OPERATION_H_
#define RING_RUNTIME_OPERATION_H_

#include "ring/runtime/communicator.h"
#include "ring/runtime/hop.h"
#include "ring/runtime/progress_board.h"
#include "ring/runtime/trace.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace ring {

struct Operation {
  std::string name;  // "receive of keys and values of rank 0 (...) from rank 0"
  int peer = kEveryone;
  std::chrono::milliseconds timeout;
  Activity activity = Activity::kCollective;
  TraceRecorder::Clock::time_point began = TraceRecorder::Clock::now();
};

// A rank's view of its group: its place, and whether the group still works.
class Member {
 public:
  Member(int rank, int size, std::chrono::milliseconds timeout,
         std::shared_ptr<ProgressBoard> board, std::shared_ptr<TraceRecorder> trace)
      : rank_(rank),
        size_(size),
        timeout_(timeout),
        board_(std::move(board)),
        trace_(std::move(trace)) {}

  int rank() const { return rank_; }
  int size() const { return size_; }
  std::chrono::milliseconds timeout() const { return timeout_; }
  const ProgressBoard& board() const { return *board_; }
  TraceRecorder* trace() const { return trace_.get(); }

  Operation SendOf(const Hop& hop, int to) const;
  Operation ReceiveOf(const Hop& hop, int from) const;
  Operation CollectiveOf(const std::string& kind, const std::string& what) const;

  // Runs `post`, which only starts something. Its exceptions come out as CommunicationError.
  void Start(const Operation& operation, const std::function<void()>& post);

  // Runs `wait`, which throws anything when the operation fails, after its time-out or before. That
  // comes out as CommunicationError, and so does every later call.
  void Complete(const Operation& operation, const std::function<void()>& wait);

  // Throws CommunicationError when an operation has failed before.
  void CheckWorks() const;

  // This rank needs the group no more, and is not needed.
  void Leave() { board_->Leave(); }

  // Ends the group for this rank. `reason` is "the peer sent ...".
  [[noreturn]] void Fail(const Operation& operation, const std::string& reason);

 private:
  [[noreturn]] void FailAfter(const Operation& operation, std::chrono::nanoseconds waited,
                              const std::exception& error);

  int rank_, size_;
  std::chrono::milliseconds timeout_;
  std::shared_ptr<ProgressBoard> board_;
  std::shared_ptr<TraceRecorder> trace_;
  std::string failure_;  // the first one
};

}  // namespace ring

#endif  // RING_RUNTIME_OPERATION_H_
