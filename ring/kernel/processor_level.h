// The generations of processors that a kernel is built for, one after another in one program.
//
// All builds of a kernel compute the same sums; those before kV3 round products before adding them,
// and wider vectors add in another order. The last that runs here is the one to take.
#ifndef RING_KERNEL_PROCESSOR_LEVEL_H_
#define RING_KERNEL_PROCESSOR_LEVEL_H_

#include <cstdint>

namespace ring {

// With vectors of 16, 32 and 64 bytes.
enum class ProcessorLevel { kBaseline, kV3, kV4 };

bool RunsHere(ProcessorLevel level);

// The last that RunsHere().
ProcessorLevel BestLevel();

// For a loop over contiguous numbers that the compiler vectorises by itself: builds the function
// for all three; the best is chosen when the program starts.
#define RING_EVERY_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

namespace internal {

template <typename Body>
__attribute__((target("arch=x86-64-v4"))) void RunAtV4(const Body& body) {
  body.template operator()<64>();
}
template <typename Body>
__attribute__((target("arch=x86-64-v3"))) void RunAtV3(const Body& body) {
  body.template operator()<32>();
}
template <typename Body>
void RunAtBaseline(const Body& body) {
  body.template operator()<16>();
}

}  // namespace internal

// For a loop that is written in vectors: builds `body`, a generic lambda whose template argument is
// the bytes of a vector, for every level, and runs that of `level`. What it calls, and it itself,
// must be declared always_inline, since code is built for the function it ends up in.
template <typename Body>
void RunAt(ProcessorLevel level, const Body& body) {
  switch (level) {
    case ProcessorLevel::kV4:
      return internal::RunAtV4(body);
    case ProcessorLevel::kV3:
      return internal::RunAtV3(body);
    case ProcessorLevel::kBaseline:
      return internal::RunAtBaseline(body);
  }
}

}  // namespace ring

#endif  // RING_KERNEL_PROCESSOR_LEVEL_H_
