#include "ring/attention/key_value_message.h"

namespace ring {
namespace {

constexpr int64_t kAlignment = 64;  // a cache line, and a multiple of every element's size

int64_t AlignUp(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

KeyValueFormat::KeyValueFormat(const std::array<int64_t, 4>& sizes_BGKD, at::ScalarType dtype)
    : sizes_BGKD_(sizes_BGKD), dtype_(dtype) {
  const auto [B, G, K, D] = sizes_BGKD;
  half_bytes_ = AlignUp(B * G * K * D * static_cast<int64_t>(c10::elementSize(dtype)));
}

at::Tensor KeyValueFormat::First(const Message& message) const {
  return message.View(sizes_BGKD_, dtype_);
}

at::Tensor KeyValueFormat::Second(const Message& message) const {
  return message.View(sizes_BGKD_, dtype_, half_bytes_);
}

at::Tensor KeyValueFormat::Flat(const Message& message) const {
  return message.View({bytes() / static_cast<int64_t>(c10::elementSize(dtype_))}, dtype_);
}

void KeyValueFormat::Pack(const at::Tensor& first_BGKD, const at::Tensor& second_BGKD,
                          Message& message) const {
  First(message).copy_(first_BGKD);
  Second(message).copy_(second_BGKD);
}

}  // namespace ring
