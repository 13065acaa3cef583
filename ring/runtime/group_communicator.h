// The collectives of a c10d group, as a base for communicators that differ in how messages travel.
#ifndef RING_RUNTIME_GROUP_COMMUNICATOR_H_
#define RING_RUNTIME_GROUP_COMMUNICATOR_H_

#include "ring/runtime/communicator.h"
#include "ring/runtime/operation.h"
#include "ring/runtime/peer_watch.h"

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace c10d {
class Backend;
class Work;
}  // namespace c10d

namespace ring {

class GroupCommunicator : public Communicator {
 public:
  ~GroupCommunicator() override;

  int rank() const final { return member_->rank(); }
  int size() const final { return member_->size(); }
  TraceRecorder* trace() final { return member_->trace(); }

  void AllReduce(at::Tensor& tensor, Reduction reduction, const std::string& what) override;
  void Broadcast(at::Tensor& tensor, int root, const std::string& what) override;
  at::Tensor AllGather(const at::Tensor& tensor, const std::string& what) override;
  std::vector<at::Tensor> AllToAll(const std::vector<at::Tensor>& outgoing,
                                   const std::vector<std::vector<int64_t>>& incoming_sizes,
                                   const std::string& what) override;
  void Barrier(const std::string& what, std::chrono::milliseconds timeout) override;

 protected:
  GroupCommunicator(c10::intrusive_ptr<c10d::Backend> group, std::shared_ptr<Member> member);

  c10d::Backend& group() { return *group_; }
  const std::shared_ptr<Member>& member() const { return member_; }
  const std::shared_ptr<PeerWatch>& watch() const { return watch_; }

  // REQUIRES of Send and Receive.
  void CheckPeer(int peer) const;
  static void CheckSize(const Message& message, const Hop& hop);

  // The group whose collectives take this tensor: group(), or one of the transport's own.
  virtual c10d::Backend& GroupFor(const at::Tensor& /*tensor*/) { return *group_; }

 private:
  using Start = std::function<c10::intrusive_ptr<c10d::Work>(c10d::Backend&)>;
  void Run(const Operation& operation, c10d::Backend& group, const Start& start);

  std::shared_ptr<Member> member_;  // outlives the connections, for the errors they end in
  c10::intrusive_ptr<c10d::Backend> group_;
  std::shared_ptr<PeerWatch> watch_;
  bool has_abandoned_ = false;  // a collective that goes on in the group's thread
};

}  // namespace ring

#endif  // RING_RUNTIME_GROUP_COMMUNICATOR_H_
