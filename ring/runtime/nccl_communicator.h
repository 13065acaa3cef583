// Messages between GPUs: payloads through NCCL, headers through Gloo beside them.
//
// NCCL's calls run on the GPU's streams and cannot be asked what came, so the header, which the CPU
// reads, comes another way. Built with RINGRL_CUDA only.
#ifndef RING_RUNTIME_NCCL_COMMUNICATOR_H_
#define RING_RUNTIME_NCCL_COMMUNICATOR_H_

#include "ring/runtime/group_communicator.h"
#include "ring/runtime/message_pool.h"

#include <c10/core/Device.h>

#include <memory>
#include <string>
#include <vector>

namespace c10d {
class Store;
}  // namespace c10d

namespace ring {

class NcclCommunicator final : public GroupCommunicator {
 public:
  // `gloo` carries headers and the collectives of CPU tensors. Messages lie on `device`, which no
  // other rank may use.
  NcclCommunicator(const c10::intrusive_ptr<c10d::Store>& store,
                   c10::intrusive_ptr<c10d::Backend> gloo, std::shared_ptr<Member> member,
                   c10::Device device, int max_messages);
  ~NcclCommunicator() override;

  Message Allocate(int64_t bytes) override;
  PendingSend Send(const Message& message, int to, const Hop& hop) override;
  PendingReceive Receive(int from, const Hop& hop) override;

 protected:
  c10d::Backend& GroupFor(const at::Tensor& tensor) override;

 private:
  // Sends and receives of a pair of ranks share a stream and wait for one another in the order in
  // which they were posted: two ranks that both receive first would stand still. So each direction,
  // to higher ranks and to lower ones, has a group of its own.
  c10d::Backend& GroupFrom(int from, int to) { return from < to ? *upward_ : *downward_; }

  c10::intrusive_ptr<c10d::Backend> upward_, downward_;
  MessagePool pool_;
};

}  // namespace ring

#endif  // RING_RUNTIME_NCCL_COMMUNICATOR_H_
