#include "ring/runtime/mailboxes.h"

#include <utility>

namespace ring {

// Counts only grow (and wrap, which differences survive). Reader and writer each have their own
// cache line.
struct Mailboxes::Queue {
  alignas(64) WatchedCounter posted;
  alignas(64) WatchedCounter taken;
  alignas(64) Parcel parcels[kCapacity];
};

static_assert((Mailboxes::kCapacity & (Mailboxes::kCapacity - 1)) == 0, "indices wrap with counts");

size_t Mailboxes::Bytes(int size) {
  const auto n = static_cast<size_t>(size);
  return n * n * sizeof(Queue);
}

Mailboxes::Mailboxes(std::shared_ptr<SharedMapping> memory, int rank, int size)
    : memory_(std::move(memory)), rank_(rank), size_(size) {}

Mailboxes::Queue& Mailboxes::QueueOf(int from, int to) const {
  return reinterpret_cast<Queue*>(memory_->data())[from * size_ + to];
}

bool Mailboxes::TryPost(int to, const Parcel& parcel) {
  Queue& queue = QueueOf(rank_, to);
  const uint32_t posted = queue.posted.count.load(std::memory_order_relaxed);
  if (posted - queue.taken.count.load(std::memory_order_acquire) == kCapacity) return false;
  queue.parcels[posted % kCapacity] = parcel;
  queue.posted.Raise();
  return true;
}

std::optional<Parcel> Mailboxes::TryTake(int from) {
  Queue& queue = QueueOf(from, rank_);
  const uint32_t taken = queue.taken.count.load(std::memory_order_relaxed);
  if (queue.posted.count.load(std::memory_order_acquire) == taken) return std::nullopt;
  const Parcel parcel = queue.parcels[taken % kCapacity];
  queue.taken.Raise();
  return parcel;
}

void Mailboxes::SleepWhileFull(int to, std::chrono::milliseconds at_most) {
  Queue& queue = QueueOf(rank_, to);
  queue.taken.SleepWhile(queue.posted.count.load(std::memory_order_relaxed) - kCapacity, at_most);
}

void Mailboxes::SleepWhileEmpty(int from, std::chrono::milliseconds at_most) {
  Queue& queue = QueueOf(from, rank_);
  queue.posted.SleepWhile(queue.taken.count.load(std::memory_order_relaxed), at_most);
}

}  // namespace ring
