#include "ring/runtime/gloo_communicator.h"

#include "ring/runtime/hop_header.h"

#include <ATen/core/Tensor.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace ring {
namespace {

using Clock = std::chrono::steady_clock;

// FNV-1a over the header, within Gloo's 31 bits.
int PayloadTag(const HopHeader& header) {
  constexpr uint64_t kTags = (uint64_t{1} << 31) - kFirstPayloadTag;
  uint64_t hash = 0xcbf29ce484222325;
  for (const int64_t field : header) {
    for (int shift = 0; shift < 64; shift += 8) {
      hash = (hash ^ ((static_cast<uint64_t>(field) >> shift) & 0xff)) * 0x100000001b3;
    }
  }
  return static_cast<int>(kFirstPayloadTag + hash % kTags);
}

// c10d's zero means "no time-out".
std::chrono::milliseconds Remaining(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

class GlooSend : public PendingSend::Work {
 public:
  GlooSend(std::shared_ptr<Member> member, std::shared_ptr<PeerWatch> watch, Operation operation,
           Message message)
      : member_(std::move(member)),
        watch_(std::move(watch)),
        operation_(std::move(operation)),
        message_(std::move(message)) {}

  const Operation& operation() const { return operation_; }
  void Add(c10::intrusive_ptr<c10d::Work> part) { parts_.push_back(std::move(part)); }

  void Wait() override {
    const auto deadline = Clock::now() + operation_.timeout;
    member_->Complete(operation_, [&] {
      for (const auto& part : parts_) watch_->Wait(operation_.peer, *part, Remaining(deadline));
    });
  }

 private:
  std::shared_ptr<Member> member_;
  std::shared_ptr<PeerWatch> watch_;
  Operation operation_;
  Message message_;  // kept until it has left
  std::vector<c10::intrusive_ptr<c10d::Work>> parts_;
};

class GlooReceive : public PendingReceive::Work {
 public:
  GlooReceive(std::shared_ptr<Member> member, std::shared_ptr<PeerWatch> watch, Operation operation,
              const Hop& expected)
      : member_(std::move(member)),
        watch_(std::move(watch)),
        operation_(std::move(operation)),
        expected_(expected) {}

  const Operation& operation() const { return operation_; }

  void Post(c10d::Backend& group, Message message) {
    message_ = std::move(message);
    std::vector<at::Tensor> header = {header_};
    header_work_ = group.recv(header, operation_.peer, HeaderTag(expected_));
    if (expected_.bytes == 0) return;
    std::vector<at::Tensor> payload = {message_.bytes()};
    payload_work_ = group.recv(payload, operation_.peer, PayloadTag(EncodeHop(expected_)));
  }

  Message Wait() override {
    const auto deadline = Clock::now() + operation_.timeout;
    std::string surprise;
    const int peer = operation_.peer;
    member_->Complete(operation_, [&] {
      watch_->Wait(peer, *header_work_, Remaining(deadline));
      surprise = DifferenceFrom(expected_, header_);
      if (surprise.empty() && payload_work_) {
        watch_->Wait(peer, *payload_work_, Remaining(deadline));
      }
    });
    if (!surprise.empty()) member_->Fail(operation_, surprise);
    return std::move(message_);
  }

 private:
  std::shared_ptr<Member> member_;
  std::shared_ptr<PeerWatch> watch_;
  Operation operation_;
  Hop expected_;
  Message message_;
  at::Tensor header_ = HeaderTensor({});
  c10::intrusive_ptr<c10d::Work> header_work_, payload_work_;
};

}  // namespace

GlooCommunicator::GlooCommunicator(c10::intrusive_ptr<c10d::Backend> group,
                                   std::shared_ptr<Member> member, int max_messages)
    : GroupCommunicator(std::move(group), std::move(member)), pool_(max_messages) {}

Message GlooCommunicator::Allocate(int64_t bytes) { return pool_.Take(bytes); }

PendingSend GlooCommunicator::Send(const Message& message, int to, const Hop& hop) {
  CheckPeer(to);
  CheckSize(message, hop);
  member()->CheckWorks();
  auto work = std::make_unique<GlooSend>(member(), watch(), member()->SendOf(hop, to), message);
  std::vector<at::Tensor> tensors = {HeaderTensor(hop)};
  member()->Start(work->operation(), [&] {
    watch()->Watch(to);
    work->Add(group().send(tensors, to, HeaderTag(hop)));
    if (hop.bytes == 0) return;
    tensors = {message.bytes()};
    work->Add(group().send(tensors, to, PayloadTag(EncodeHop(hop))));
  });
  if (trace() != nullptr) trace()->CountBytes(hop.bytes);
  return PendingSend(std::move(work));
}

PendingReceive GlooCommunicator::Receive(int from, const Hop& hop) {
  CheckPeer(from);
  member()->CheckWorks();
  auto work = std::make_unique<GlooReceive>(member(), watch(), member()->ReceiveOf(hop, from), hop);
  Message message = pool_.Take(hop.bytes);
  member()->Start(work->operation(), [&] {
    watch()->Watch(from);
    work->Post(group(), std::move(message));
  });
  return PendingReceive(std::move(work));
}

}  // namespace ring
