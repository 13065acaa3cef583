// Messages through sockets: the transport between hosts, and the reference for the others.
//
// Gloo takes a message that is too short or of another type without a word, and ends the process
// when one is too long. So a message is two of Gloo's: a header that says what it is, under the one
// tag that all headers have, and the payload under a tag made from the header. Both travel at once.
// A receiver posts both, too, and looks at the header first: if it is not what was expected, the
// payload has another tag, lands nowhere, and there is still somebody to say what came instead.
#ifndef RING_RUNTIME_GLOO_COMMUNICATOR_H_
#define RING_RUNTIME_GLOO_COMMUNICATOR_H_

#include "ring/runtime/group_communicator.h"
#include "ring/runtime/message_pool.h"

#include <memory>

namespace ring {

class GlooCommunicator final : public GroupCommunicator {
 public:
  // `max_messages`, sent and received ones together, at a time.
  GlooCommunicator(c10::intrusive_ptr<c10d::Backend> group, std::shared_ptr<Member> member,
                   int max_messages);

  Message Allocate(int64_t bytes) override;
  PendingSend Send(const Message& message, int to, const Hop& hop) override;
  PendingReceive Receive(int from, const Hop& hop) override;

 private:
  MessagePool pool_;
};

}  // namespace ring

#endif  // RING_RUNTIME_GLOO_COMMUNICATOR_H_
