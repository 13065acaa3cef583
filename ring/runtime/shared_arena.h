// The message buffers of one rank, in memory that its peers read and write in place.
//
// A fixed number of slots, each with a count of the messages that refer to it, on whatever rank.
// The owner claims a slot whose count is zero; whoever drops the last reference frees it. A slot's
// pages are used again, and given back when the next message in it is much smaller.
#ifndef RING_RUNTIME_SHARED_ARENA_H_
#define RING_RUNTIME_SHARED_ARENA_H_

#include "ring/runtime/shared_memory.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ring {

class SharedArena {
 public:
  // The owner's.
  static std::shared_ptr<SharedArena> Create(int num_slots);
  // A peer's view of the arena with this path(), whose owner must live; the view may outlive it.
  static std::shared_ptr<SharedArena> Open(const std::string& path, int num_slots);

  std::string path() const { return file_.path(); }

  // The owner's: a free slot, with one reference, for a message of `bytes`.
  std::optional<int> TryClaim(size_t bytes);

  // The owner's: returns when a slot may have become free, or after `at_most`. `releases` was read
  // before TryClaim() failed.
  uint32_t releases() const;
  void SleepWhileFull(uint32_t releases, std::chrono::milliseconds at_most);

  void AddReference(int slot);
  void DropReference(int slot);

  // The first `bytes` of a slot, mapped once and again only when a message is larger. Thread-safe.
  std::shared_ptr<SharedMapping> Map(int slot, size_t bytes);

  // Bytes of memory behind all slots, in use or free; the owner's.
  size_t touched_bytes() const;

 private:
  struct Counts;

  SharedArena(SharedFile file, int num_slots);
  Counts& counts() const { return *reinterpret_cast<Counts*>(counts_memory_.data()); }

  SharedFile file_;
  SharedMapping counts_memory_;
  std::vector<size_t> touched_;  // bytes ever written of each slot, as far as not given back
  std::mutex mutex_;
  std::vector<std::shared_ptr<SharedMapping>> mappings_;
};

}  // namespace ring

#endif  // RING_RUNTIME_SHARED_ARENA_H_
