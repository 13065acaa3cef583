// How the ranks of a group talk: messages from one to another that travel while the caller
// computes, and a few collectives.
//
// A Message is a buffer of bytes in a fixed set that the communicator owns. Where ranks share
// memory nothing is copied: the receiver reads the sender's buffer, and may send it on, and the
// buffer is free again when the last of them has let go. Elsewhere it is a buffer that was filled
// from a socket. So: whoever has sent or received a message only reads it, and drops it when done;
// but the receiver of one that went to nobody else may write it, and send it on.
//
//   Message block = communicator.Allocate(bytes);              // write into block.bytes()
//   PendingReceive next = communicator.Receive(previous_rank, hop);   // posted at once
//   PendingSend sent = communicator.Send(block, next_rank, hop);
//   ... compute ...
//   Message visitor = next.Wait();
//   sent.Wait();
//
// Between two ranks messages of one cargo arrive in the order they were sent. Every wait ends: with
// the message, or, when the peer is dead, silent for longer than the time-out or says something
// else than what is expected, with a CommunicationError that names rank, peer, operation, round and
// bytes. After an error the group is of no more use.
//
// Threads: one thread per rank uses a communicator at a time.
#ifndef RING_RUNTIME_COMMUNICATOR_H_
#define RING_RUNTIME_COMMUNICATOR_H_

#include "ring/runtime/hop.h"

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ring {

class TraceRecorder;

// A peer died, hung, or disagrees. what() is one sentence.
class CommunicationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A shared handle; copies are the same message.
class Message {
 public:
  // What a transport keeps alive for it; letting go of the last handle frees the buffer.
  class Buffer {
   public:
    virtual ~Buffer() = default;
  };

  Message() = default;
  Message(at::Tensor bytes, std::shared_ptr<Buffer> buffer)
      : bytes_(std::move(bytes)), buffer_(std::move(buffer)) {}

  explicit operator bool() const { return bytes_.defined(); }
  const at::Tensor& bytes() const { return bytes_; }  // uint8, 64-byte aligned
  const std::shared_ptr<Buffer>& buffer() const { return buffer_; }

  // `sizes` of `dtype`, starting `offset` bytes into the message. Shares memory, but not lifetime.
  at::Tensor View(at::IntArrayRef sizes, at::ScalarType dtype, int64_t offset = 0) const;

 private:
  at::Tensor bytes_;
  std::shared_ptr<Buffer> buffer_;
};

// Both must be waited for before they are destroyed, unless an error is on its way up.
class PendingSend {
 public:
  class Work {
   public:
    virtual ~Work() = default;
    virtual void Wait() = 0;
  };

  PendingSend() = default;
  explicit PendingSend(std::unique_ptr<Work> work) : work_(std::move(work)) {}
  explicit operator bool() const { return work_ != nullptr; }
  void Wait();

 private:
  std::unique_ptr<Work> work_;
};

class PendingReceive {
 public:
  class Work {
   public:
    virtual ~Work() = default;
    virtual Message Wait() = 0;
  };

  PendingReceive() = default;
  explicit PendingReceive(std::unique_ptr<Work> work) : work_(std::move(work)) {}
  explicit operator bool() const { return work_ != nullptr; }
  Message Wait();

 private:
  std::unique_ptr<Work> work_;
};

enum class Reduction { kSum, kMin, kMax };

class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  // A message to write and send. With `max_messages` of this rank in use, shared memory waits for
  // peers to let go of one; elsewhere only the caller holds them, and it throws c10::Error.
  virtual Message Allocate(int64_t bytes) = 0;

  // The header says `hop`; the receiver must expect exactly this one. REQUIRES: to != rank().
  virtual PendingSend Send(const Message& message, int to, const Hop& hop) = 0;
  virtual PendingReceive Receive(int from, const Hop& hop) = 0;

  // Collectives: every rank of the group calls the same one with equal shapes and types. `what`
  // names it in errors ("gradients", "loss"). In place; sums are the same bits on every rank.
  virtual void AllReduce(at::Tensor& tensor, Reduction reduction, const std::string& what) = 0;
  virtual void Broadcast(at::Tensor& tensor, int root, const std::string& what) = 0;

  // Row r of the result is what rank r gave.
  virtual at::Tensor AllGather(const at::Tensor& tensor, const std::string& what) = 0;

  // Element r of `outgoing` goes to rank r; element r of the result came from there and has
  // `incoming_sizes[r]`. Sizes may differ and be empty.
  virtual std::vector<at::Tensor> AllToAll(const std::vector<at::Tensor>& outgoing,
                                           const std::vector<std::vector<int64_t>>& incoming_sizes,
                                           const std::string& what) = 0;

  // Returns when every rank has come here; `timeout` instead of the usual one, for ranks that wait
  // while one of them evaluates. A rank that dies ends the wait at once.
  virtual void Barrier(const std::string& what, std::chrono::milliseconds timeout) = 0;

  // Element r of the result is what rank r said.
  std::vector<std::string> GatherTexts(const std::string& text, const std::string& what);

  // Throws CommunicationError on every rank unless all gave the same `value`: two ranks that
  // disagree about `what` (shapes, layout, options) must not start to talk. `described` is shown.
  void Agree(const std::string& described, const std::string& what);

  // The same for what is said again and again: only the first time costs anything.
  void AgreeOnce(const std::string& described, const std::string& what) {
    if (agreed_.contains({what, described})) return;
    Agree(described, what);
    agreed_.insert({what, described});
  }

  // Where waits, hops and compute are recorded; null: nowhere.
  virtual TraceRecorder* trace() = 0;

 private:
  std::set<std::pair<std::string, std::string>> agreed_;
};

}  // namespace ring

#endif  // RING_RUNTIME_COMMUNICATOR_H_
