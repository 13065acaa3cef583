#include "ring/runtime/nccl_communicator.h"

#include "ring/runtime/hop_header.h"
#include "ring/runtime/trace.h"

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <utility>

namespace ring {
namespace {

c10::intrusive_ptr<c10d::Backend> MakeGroup(const c10::intrusive_ptr<c10d::Store>& store,
                                            const std::string& name, const Member& member) {
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = member.timeout();
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(
      c10::make_intrusive<c10d::PrefixStore>(name, store), member.rank(), member.size(), options);
}

// Waits for the header on the CPU, then makes the current stream wait for the payload.
struct Flight {
  std::shared_ptr<Member> member;
  std::shared_ptr<PeerWatch> watch;
  Operation operation;
  Hop hop;
  Message message;  // kept until it has arrived
  at::Tensor header;
  c10::intrusive_ptr<c10d::Work> header_work = {}, payload_work = {};

  void Wait(bool receives) {
    std::string surprise;
    member->Complete(operation, [&] {
      watch->Wait(operation.peer, *header_work, operation.timeout);
      if (receives) surprise = DifferenceFrom(hop, header);
      if (surprise.empty() && payload_work) payload_work->wait();
    });
    if (!surprise.empty()) member->Fail(operation, surprise);
  }
};

class NcclSend : public PendingSend::Work {
 public:
  explicit NcclSend(Flight flight) : flight_(std::move(flight)) {}
  void Wait() override { flight_.Wait(/*receives=*/false); }

 private:
  Flight flight_;
};

class NcclReceive : public PendingReceive::Work {
 public:
  explicit NcclReceive(Flight flight) : flight_(std::move(flight)) {}
  Message Wait() override {
    flight_.Wait(/*receives=*/true);
    return std::move(flight_.message);
  }

 private:
  Flight flight_;
};

}  // namespace

NcclCommunicator::NcclCommunicator(const c10::intrusive_ptr<c10d::Store>& store,
                                   c10::intrusive_ptr<c10d::Backend> gloo,
                                   std::shared_ptr<Member> member, c10::Device device,
                                   int max_messages)
    : GroupCommunicator(std::move(gloo), member),
      upward_(MakeGroup(store, "nccl upward", *member)),
      downward_(MakeGroup(store, "nccl downward", *member)),
      pool_(max_messages, device) {}

NcclCommunicator::~NcclCommunicator() = default;

c10d::Backend& NcclCommunicator::GroupFor(const at::Tensor& tensor) {
  return tensor.is_cuda() ? *upward_ : GroupCommunicator::GroupFor(tensor);
}

Message NcclCommunicator::Allocate(int64_t bytes) { return pool_.Take(bytes); }

PendingSend NcclCommunicator::Send(const Message& message, int to, const Hop& hop) {
  CheckPeer(to);
  CheckSize(message, hop);
  Flight flight = {.member = member(),
                   .watch = watch(),
                   .operation = member()->SendOf(hop, to),
                   .hop = hop,
                   .message = message,
                   .header = HeaderTensor(hop)};
  member()->Start(flight.operation, [&] {
    watch()->Watch(to);
    std::vector<at::Tensor> tensors = {flight.header};
    flight.header_work = group().send(tensors, to, HeaderTag(hop));
    if (hop.bytes == 0) return;
    tensors = {message.bytes()};
    flight.payload_work = GroupFrom(rank(), to).send(tensors, to, /*tag=*/0);
  });
  if (trace() != nullptr) trace()->CountBytes(hop.bytes);
  return PendingSend(std::make_unique<NcclSend>(std::move(flight)));
}

PendingReceive NcclCommunicator::Receive(int from, const Hop& hop) {
  CheckPeer(from);
  Flight flight = {.member = member(),
                   .watch = watch(),
                   .operation = member()->ReceiveOf(hop, from),
                   .hop = hop,
                   .message = pool_.Take(hop.bytes),
                   .header = HeaderTensor({})};
  member()->Start(flight.operation, [&] {
    watch()->Watch(from);
    std::vector<at::Tensor> tensors = {flight.header};
    flight.header_work = group().recv(tensors, from, HeaderTag(hop));
    if (hop.bytes == 0) return;
    tensors = {flight.message.bytes()};
    flight.payload_work = GroupFrom(from, rank()).recv(tensors, from, /*tag=*/0);
  });
  return PendingReceive(std::make_unique<NcclReceive>(std::move(flight)));
}

}  // namespace ring
