// Buffers for messages in a process's own memory, taken and given back without end.
//
// A buffer is reused for any message that fits and fills at least half of it. When none fits, one
// of the free ones makes way for a new one, so there are never more buffers than have been in use
// at the same time.
#ifndef RING_RUNTIME_MESSAGE_POOL_H_
#define RING_RUNTIME_MESSAGE_POOL_H_

#include "ring/runtime/communicator.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace ring {

class MessagePool {
 public:
  // At most `max_messages` at a time, of memory on `device`.
  explicit MessagePool(int max_messages, at::Device device = at::kCPU);

  // Thread-safe, also against messages that are let go. Throws c10::Error when all are in use: only
  // the caller can free one, so there is nothing to wait for.
  Message Take(int64_t bytes);

  // Of all buffers, in use or free.
  int64_t capacity_bytes() const;

 private:
  struct Shelf;
  class Borrowed;

  std::shared_ptr<Shelf> shelf_;  // outlived by messages
};

}  // namespace ring

#endif  // RING_RUNTIME_MESSAGE_POOL_H_
