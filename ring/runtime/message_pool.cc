#include "ring/runtime/message_pool.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace ring {

struct MessagePool::Shelf {
  Shelf(int most, at::Device where) : max_messages(most), device(where) {}

  const int max_messages;
  const at::Device device;
  std::mutex mutex;
  std::vector<at::Tensor> free;  // the one free for longest first
  int in_use = 0;
  int64_t capacity_bytes = 0;
};

// Gives the buffer back when the last handle of its message is gone.
class MessagePool::Borrowed : public Message::Buffer {
 public:
  Borrowed(std::shared_ptr<Shelf> shelf, at::Tensor whole)
      : shelf_(std::move(shelf)), whole_(std::move(whole)) {}
  ~Borrowed() override {
    const std::lock_guard lock(shelf_->mutex);
    --shelf_->in_use;
    shelf_->free.push_back(std::move(whole_));
  }

 private:
  std::shared_ptr<Shelf> shelf_;
  at::Tensor whole_;
};

MessagePool::MessagePool(int max_messages, at::Device device)
    : shelf_(std::make_shared<Shelf>(max_messages, device)) {}

Message MessagePool::Take(int64_t bytes) {
  TORCH_CHECK(bytes >= 0, "a message of ", bytes, " bytes");
  const std::lock_guard lock(shelf_->mutex);
  TORCH_CHECK(shelf_->in_use < shelf_->max_messages, "all ", shelf_->max_messages,
              " messages of this rank are in use; let go of one or raise max_messages");
  auto& free = shelf_->free;
  auto fit = std::ranges::find_if(free, [&](const at::Tensor& buffer) {
    return bytes <= buffer.numel() && buffer.numel() <= 2 * bytes;
  });
  if (fit == free.end()) {
    if (!free.empty()) {
      shelf_->capacity_bytes -= free.front().numel();
      free.erase(free.begin());
    }
    free.push_back(at::empty({bytes}, at::TensorOptions(shelf_->device).dtype(at::kByte)));
    shelf_->capacity_bytes += bytes;
    fit = free.end() - 1;
  }
  at::Tensor whole = std::move(*fit);
  free.erase(fit);
  ++shelf_->in_use;
  at::Tensor part = whole.narrow(0, 0, bytes);
  return {std::move(part), std::make_shared<Borrowed>(shelf_, std::move(whole))};
}

int64_t MessagePool::capacity_bytes() const {
  const std::lock_guard lock(shelf_->mutex);
  return shelf_->capacity_bytes;
}

}  // namespace ring
