// Vectors of numbers as the compiler knows them: operators work lane by lane, and a vector wider
// than the processor's registers becomes several operations.
#ifndef RING_KERNEL_VECTOR_H_
#define RING_KERNEL_VECTOR_H_

#include <cstdint>
#include <cstring>

// Of what must be compiled into its caller, for the processor level that its caller is compiled for
// (processor_level.h).
#define RING_INLINE [[gnu::always_inline]] inline

namespace ring {

template <typename T, int kBytes>
struct VectorOf {
  typedef T Type __attribute__((vector_size(kBytes)));
};
template <typename T, int kBytes>
using Vector = typename VectorOf<T, kBytes>::Type;

// Lanes of a vector.
template <typename V>
inline constexpr int64_t kVectorLanes = static_cast<int64_t>(sizeof(V) / sizeof(V{}[0]));

// From and to memory of any alignment.
template <typename T, typename V>
RING_INLINE void Load(const T* from, V& x) {
  std::memcpy(&x, from, sizeof(x));
}
template <typename T, typename V>
RING_INLINE void Store(const V& x, T* to) {
  std::memcpy(to, &x, sizeof(x));
}

}  // namespace ring

#endif  // RING_KERNEL_VECTOR_H_
