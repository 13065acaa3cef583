#include "ring/runtime/group_communicator.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>

#include <optional>
#include <stdexcept>
#include <utility>

namespace ring {
namespace {

c10d::ReduceOp ToReduceOp(Reduction reduction) {
  switch (reduction) {
    case Reduction::kMin:
      return c10d::ReduceOp::MIN;
    case Reduction::kMax:
      return c10d::ReduceOp::MAX;
    case Reduction::kSum:
      break;
  }
  return c10d::ReduceOp::SUM;
}

}  // namespace

GroupCommunicator::GroupCommunicator(c10::intrusive_ptr<c10d::Backend> group,
                                     std::shared_ptr<Member> member)
    : member_(std::move(member)),
      group_(std::move(group)),
      watch_(std::make_shared<PeerWatch>(group_)) {
  // If another rank dies, its neighbors give up, and so do theirs.
  const int n = size();
  const Operation operation = member_->CollectiveOf("watch", "connections");
  member_->Start(operation, [&] {
    for (const int neighbor : {(rank() + 1) % n, (rank() + n - 1) % n}) {
      if (neighbor != rank()) watch_->Watch(neighbor);
    }
  });
}

GroupCommunicator::~GroupCommunicator() {
  // First of all, so that peers who find the connections closed know why.
  member_->Leave();
  // The group's destructor would wait until the collective has timed out.
  if (has_abandoned_) group_.release();
}

void GroupCommunicator::CheckPeer(int peer) const {
  TORCH_CHECK(peer >= 0 && peer < size() && peer != rank(), "rank ", rank(), " of ", size(),
              " exchanges messages with other ranks, not with rank ", peer);
}

void GroupCommunicator::CheckSize(const Message& message, const Hop& hop) {
  TORCH_CHECK(message.bytes().numel() == hop.bytes, "a message of ", message.bytes().numel(),
              " bytes sent as ", Describe(hop));
}

void GroupCommunicator::Run(const Operation& operation, c10d::Backend& group, const Start& start) {
  member_->Complete(operation, [&] {
    const c10::intrusive_ptr<c10d::Work> work = start(group);
    if (&group != group_.get()) {
      work->wait();
      return;
    }
    // Who has left has done its part.
    const auto matters = [&](int peer) { return !member_->board().HasLeft(peer); };
    const std::optional<std::string> loss = watch_->WaitForAll(*work, matters);
    if (!loss) return;
    has_abandoned_ = true;
    throw std::runtime_error(*loss);
  });
}

void GroupCommunicator::AllReduce(at::Tensor& tensor, Reduction reduction,
                                  const std::string& what) {
  std::vector<at::Tensor> tensors = {tensor.contiguous()};
  const Operation operation = member_->CollectiveOf("all-reduce", what);
  Run(operation, GroupFor(tensor), [&](c10d::Backend& group) {
    return group.allreduce(tensors,
                           {.reduceOp = ToReduceOp(reduction), .timeout = operation.timeout});
  });
  if (!tensors[0].is_same(tensor)) tensor.copy_(tensors[0]);
}

void GroupCommunicator::Broadcast(at::Tensor& tensor, int root, const std::string& what) {
  TORCH_CHECK(root >= 0 && root < size(), "no rank ", root, " to broadcast ", what);
  std::vector<at::Tensor> tensors = {tensor.contiguous()};
  const Operation operation = member_->CollectiveOf("broadcast", what);
  Run(operation, GroupFor(tensor), [&](c10d::Backend& group) {
    return group.broadcast(tensors, {.rootRank = root, .timeout = operation.timeout});
  });
  if (!tensors[0].is_same(tensor)) tensor.copy_(tensors[0]);
}

at::Tensor GroupCommunicator::AllGather(const at::Tensor& tensor, const std::string& what) {
  const at::Tensor own = tensor.contiguous();
  std::vector<int64_t> sizes = own.sizes().vec();
  sizes.insert(sizes.begin(), size());
  at::Tensor all = at::empty(sizes, own.options());
  if (own.numel() == 0) return all;
  at::Tensor own_bytes = own.flatten().view(at::kByte), all_bytes = all.flatten().view(at::kByte);
  const Operation operation = member_->CollectiveOf("all-gather", what);
  Run(operation, GroupFor(tensor), [&](c10d::Backend& group) {
    return group._allgather_base(all_bytes, own_bytes, {.timeout = operation.timeout});
  });
  return all;
}

std::vector<at::Tensor> GroupCommunicator::AllToAll(
    const std::vector<at::Tensor>& outgoing,
    const std::vector<std::vector<int64_t>>& incoming_sizes, const std::string& what) {
  const auto count = static_cast<size_t>(size());
  TORCH_CHECK(outgoing.size() == count && incoming_sizes.size() == count, "all-to-all of ", what,
              " needs one tensor for each of ", count, " ranks");
  std::vector<at::Tensor> flat;
  std::vector<int64_t> sent, received;  // bytes
  int64_t incoming_count = 0;
  const auto element = static_cast<int64_t>(outgoing[0].element_size());
  for (size_t r = 0; r < count; ++r) {
    flat.push_back(outgoing[r].flatten());
    sent.push_back(flat.back().numel() * element);
    received.push_back(c10::multiply_integers(incoming_sizes[r]) * element);
    incoming_count += received.back() / element;
  }
  at::Tensor output = at::empty({incoming_count}, outgoing[0].options());
  at::Tensor input_bytes = at::cat(flat).view(at::kByte);
  at::Tensor output_bytes = output.view(at::kByte);
  std::vector<int64_t> lengths = received;  // c10d moves from what it is given
  const Operation operation = member_->CollectiveOf("all-to-all", what);
  Run(operation, GroupFor(output), [&](c10d::Backend& group) {
    return group.alltoall_base(output_bytes, input_bytes, lengths, sent,
                               {.timeout = operation.timeout});
  });

  std::vector<at::Tensor> incoming;
  int64_t begin = 0;
  for (size_t r = 0; r < count; ++r) {
    const int64_t length = received[r] / element;
    incoming.push_back(output.narrow(0, begin, length).view(incoming_sizes[r]));
    begin += length;
  }
  return incoming;
}

void GroupCommunicator::Barrier(const std::string& what, std::chrono::milliseconds timeout) {
  Operation operation = member_->CollectiveOf("barrier", what);
  operation.timeout = timeout;
  Run(operation, *group_, [&](c10d::Backend& group) {
    c10d::BarrierOptions options;
    options.timeout = timeout;
    return group.barrier(options);
  });
}

}  // namespace ring
