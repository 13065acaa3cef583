#include "ring/runtime/shared_arena.h"

#include "ring/runtime/futex.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <utility>

namespace ring {
namespace {

constexpr size_t kPage = 4096;

// Slots lie far apart in a sparse file, so that each can be as large as memory allows.
constexpr size_t kSlotSpan = size_t{1} << 38;
constexpr size_t kFirstSlot = kSlotSpan;

size_t Offset(int slot) { return kFirstSlot + static_cast<size_t>(slot) * kSlotSpan; }
size_t WholePages(size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

}  // namespace

// At the head of the file.
struct SharedArena::Counts {
  static constexpr int kMostSlots = 1000;

  WatchedCounter releases;
  std::atomic<uint32_t> references[kMostSlots];
};

std::shared_ptr<SharedArena> SharedArena::Create(int num_slots) {
  TORCH_CHECK_VALUE(num_slots > 0 && num_slots <= Counts::kMostSlots, "max_messages must be 1 to ",
                    Counts::kMostSlots, ", not ", num_slots);
  return std::shared_ptr<SharedArena>(
      new SharedArena(SharedFile::Create("ringrl messages", Offset(num_slots)), num_slots));
}

std::shared_ptr<SharedArena> SharedArena::Open(const std::string& path, int num_slots) {
  return std::shared_ptr<SharedArena>(new SharedArena(SharedFile::Open(path), num_slots));
}

SharedArena::SharedArena(SharedFile file, int num_slots)
    : file_(std::move(file)),
      counts_memory_(file_, 0, WholePages(sizeof(Counts))),
      touched_(static_cast<size_t>(num_slots)),
      mappings_(static_cast<size_t>(num_slots)) {}

std::optional<int> SharedArena::TryClaim(size_t bytes) {
  // Best is a slot that the message fills; then one that has no pages yet; then any.
  std::optional<size_t> best;
  const auto cost = [&](size_t slot) {
    const size_t touched = touched_[slot];
    if (touched >= bytes && touched <= 2 * bytes + kPage) return size_t{0};
    return touched == 0 ? size_t{2} : size_t{1};
  };
  for (size_t slot = 0; slot < touched_.size(); ++slot) {
    if (counts().references[slot].load(std::memory_order_acquire) != 0) continue;
    if (!best || cost(slot) < cost(*best)) best = slot;
  }
  if (!best) return std::nullopt;
  const int slot = static_cast<int>(*best);
  size_t& touched = touched_[*best];
  if (touched > 2 * bytes + kPage) {
    const size_t kept = WholePages(bytes);
    file_.Discard(Offset(slot) + kept, WholePages(touched) - kept);
    touched = kept;
  }
  touched = std::max(touched, bytes);
  counts().references[slot].store(1, std::memory_order_relaxed);
  return slot;
}

uint32_t SharedArena::releases() const { return counts().releases.count.load(); }

void SharedArena::SleepWhileFull(uint32_t releases, std::chrono::milliseconds at_most) {
  counts().releases.SleepWhile(releases, at_most);
}

void SharedArena::AddReference(int slot) {
  counts().references[slot].fetch_add(1, std::memory_order_relaxed);
}

void SharedArena::DropReference(int slot) {
  if (counts().references[slot].fetch_sub(1, std::memory_order_acq_rel) == 1) {
    counts().releases.Raise();
  }
}

std::shared_ptr<SharedMapping> SharedArena::Map(int slot, size_t bytes) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<SharedMapping>& mapping = mappings_[static_cast<size_t>(slot)];
  if (!mapping || mapping->size() < bytes) {
    mapping = std::make_shared<SharedMapping>(file_, Offset(slot), WholePages(bytes));
  }
  return mapping;
}

size_t SharedArena::touched_bytes() const {
  return std::accumulate(touched_.begin(), touched_.end(), size_t{0});
}

}  // namespace ring
