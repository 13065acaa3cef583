// Random numbers that are a function and not a stream: a hash of where a number is needed.
//
// Nothing is shared or advanced, so what is drawn does not depend on the number of threads, on how
// a context is split over ranks, or on where a run was resumed.
#ifndef RING_KERNEL_COUNTER_HASH_H_
#define RING_KERNEL_COUNTER_HASH_H_

#include <cstdint>

namespace ring {

// Scrambles 64 bits so that every input bit moves every output bit: one step of SplitMix64 (Steele,
// Lea and Flood 2014). Neighbouring inputs give unrelated outputs.
inline uint64_t Scramble64(uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

// The hash of one more coordinate.
inline uint64_t Combine(uint64_t hash, int64_t value) {
  return Scramble64(hash ^ Scramble64(static_cast<uint64_t>(value)));
}

// The same for 32 bits (Wellons' low-bias constants): cheap enough for every number of a tensor,
// and made of operations that vector units have.
[[gnu::always_inline]] inline uint32_t Scramble32(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7FEB352DU;
  x = (x ^ (x >> 15)) * 0x846CA68BU;
  return x ^ (x >> 16);
}

}  // namespace ring

#endif  // RING_KERNEL_COUNTER_HASH_H_
