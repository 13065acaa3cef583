// The ranks that share one context, each holding a shard of its tokens.
//
// Everything above this folder passes a Ring along and never asks how large it is: a ring of one is
// the plain path, not a special case.
#ifndef RING_RUNTIME_RING_H_
#define RING_RUNTIME_RING_H_

#include "ring/runtime/communicator.h"

#include <memory>

namespace ring {

class Ring {
 public:
  // A ring of one: this process alone, which talks to nobody.
  Ring() = default;
  explicit Ring(std::shared_ptr<Communicator> communicator)
      : communicator_(std::move(communicator)) {}

  int size() const { return communicator_ ? communicator_->size() : 1; }
  int rank() const { return communicator_ ? communicator_->rank() : 0; }

  // REQUIRES: size() > 1.
  Communicator& communicator() const { return *communicator_; }

 private:
  std::shared_ptr<Communicator> communicator_;
};

}  // namespace ring

#endif  // RING_RUNTIME_RING_H_
