// A communicator that does something to its process at a chosen operation: the way to kill or stop
// a rank at every phase of whatever uses one.
#ifndef TESTS_RING_FAULTS_FAULTY_COMMUNICATOR_H_
#define TESTS_RING_FAULTS_FAULTY_COMMUNICATOR_H_

#include "ring/runtime/communicator.h"
#include "ring/runtime/ring.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tests {

class FaultyCommunicator final : public ring::Communicator {
 public:
  // Calls `fault` just before operation number `operation`, counted from 0: allocations, sends,
  // receives, waits and collectives, in the order of the calls.
  FaultyCommunicator(ring::Ring inner, int operation, std::function<void()> fault)
      : inner_(std::move(inner)), countdown_{operation, std::move(fault)} {}

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  ring::TraceRecorder* trace() override { return inner_.communicator().trace(); }

  ring::Message Allocate(int64_t bytes) override {
    countdown_.Count();
    return inner_.communicator().Allocate(bytes);
  }
  ring::PendingSend Send(const ring::Message& message, int to, const ring::Hop& hop) override {
    countdown_.Count();
    auto pending = inner_.communicator().Send(message, to, hop);
    return ring::PendingSend(std::make_unique<SendWait>(countdown_, std::move(pending)));
  }
  ring::PendingReceive Receive(int from, const ring::Hop& hop) override {
    countdown_.Count();
    auto pending = inner_.communicator().Receive(from, hop);
    return ring::PendingReceive(std::make_unique<ReceiveWait>(countdown_, std::move(pending)));
  }
  void AllReduce(at::Tensor& tensor, ring::Reduction reduction, const std::string& what) override {
    countdown_.Count();
    inner_.communicator().AllReduce(tensor, reduction, what);
  }
  void Broadcast(at::Tensor& tensor, int root, const std::string& what) override {
    countdown_.Count();
    inner_.communicator().Broadcast(tensor, root, what);
  }
  at::Tensor AllGather(const at::Tensor& tensor, const std::string& what) override {
    countdown_.Count();
    return inner_.communicator().AllGather(tensor, what);
  }
  std::vector<at::Tensor> AllToAll(const std::vector<at::Tensor>& outgoing,
                                   const std::vector<std::vector<int64_t>>& incoming_sizes,
                                   const std::string& what) override {
    countdown_.Count();
    return inner_.communicator().AllToAll(outgoing, incoming_sizes, what);
  }
  void Barrier(const std::string& what, std::chrono::milliseconds timeout) override {
    countdown_.Count();
    inner_.communicator().Barrier(what, timeout);
  }

  // Operations so far.
  int count() const { return countdown_.count; }

 private:
  struct Countdown {
    int operation;
    std::function<void()> fault;
    int count = 0;

    void Count() {
      if (count++ == operation) fault();
    }
  };

  class SendWait : public ring::PendingSend::Work {
   public:
    SendWait(Countdown& countdown, ring::PendingSend inner)
        : countdown_(countdown), inner_(std::move(inner)) {}
    void Wait() override {
      countdown_.Count();
      inner_.Wait();
    }

   private:
    Countdown& countdown_;
    ring::PendingSend inner_;
  };

  class ReceiveWait : public ring::PendingReceive::Work {
   public:
    ReceiveWait(Countdown& countdown, ring::PendingReceive inner)
        : countdown_(countdown), inner_(std::move(inner)) {}
    ring::Message Wait() override {
      countdown_.Count();
      return inner_.Wait();
    }

   private:
    Countdown& countdown_;
    ring::PendingReceive inner_;
  };

  ring::Ring inner_;
  Countdown countdown_;
};

}  // namespace tests

#endif  // TESTS_RING_FAULTS_FAULTY_COMMUNICATOR_H_
