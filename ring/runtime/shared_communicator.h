// Messages between the ranks of one host through memory they share: nothing is copied.
//
// A message lies in its first sender's arena and stays there. What travels is a parcel that says
// what it is and where it lies; the receiver reads it in place, and may send it on the same way.
// Collectives go through the Gloo group underneath.
#ifndef RING_RUNTIME_SHARED_COMMUNICATOR_H_
#define RING_RUNTIME_SHARED_COMMUNICATOR_H_

#include "ring/runtime/group_communicator.h"
#include "ring/runtime/mailboxes.h"
#include "ring/runtime/shared_arena.h"

#include <memory>
#include <vector>

namespace ring {

class SharedCommunicator final : public GroupCommunicator {
 public:
  // `arenas`, in rank order: this rank's own and views of the others'.
  SharedCommunicator(c10::intrusive_ptr<c10d::Backend> group, std::shared_ptr<Member> member,
                     Mailboxes mailboxes, std::vector<std::shared_ptr<SharedArena>> arenas);
  ~SharedCommunicator() override;

  Message Allocate(int64_t bytes) override;
  PendingSend Send(const Message& message, int to, const Hop& hop) override;
  PendingReceive Receive(int from, const Hop& hop) override;

 private:
  class State;

  std::shared_ptr<State> state_;  // with the receives on their way
};

}  // namespace ring

#endif  // RING_RUNTIME_SHARED_COMMUNICATOR_H_
