// How two tensors of one shape, keys and values or their gradients, lie in one message.
//
//   | first (B, G, K, D), contiguous | padding to 64 bytes | second | padding |
//
// One message instead of two: half the latency, and the two halves cannot get out of step.
//
// Shapes: B batch, G heads of keys, K tokens of the block, D head dimension.
#ifndef RING_ATTENTION_KEY_VALUE_MESSAGE_H_
#define RING_ATTENTION_KEY_VALUE_MESSAGE_H_

#include "ring/runtime/communicator.h"

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <array>
#include <cstdint>

namespace ring {

class KeyValueFormat {
 public:
  KeyValueFormat(const std::array<int64_t, 4>& sizes_BGKD, at::ScalarType dtype);

  int64_t bytes() const { return 2 * half_bytes_; }

  // Views into `message`, which must outlive them. The padding is in neither.
  at::Tensor First(const Message& message) const;
  at::Tensor Second(const Message& message) const;

  // The whole message, padding included, as one row of numbers: to clear it and to add to it.
  at::Tensor Flat(const Message& message) const;

  // Copies, rounding to the message's type.
  void Pack(const at::Tensor& first_BGKD, const at::Tensor& second_BGKD, Message& message) const;

 private:
  std::array<int64_t, 4> sizes_BGKD_;
  at::ScalarType dtype_;
  int64_t half_bytes_;
};

}  // namespace ring

#endif  // RING_ATTENTION_KEY_VALUE_MESSAGE_H_
