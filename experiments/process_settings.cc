#include "experiments/process_settings.h"

#include "ring/kernel/vector_math.h"

#include <array>
#include <cstddef>
#include <cstring>

#include <malloc.h>
#include <unistd.h>

namespace experiments {
namespace {

// Of the dynamic loader's, which calls this when the libraries are in their places, but before any
// of them has run: nothing here may allocate, or ask for the environment but by `environment`.
void ChooseWaitPolicy(int /*argc*/, char** argv, char** environment) {
  static char policy[] = "OMP_WAIT_POLICY=passive";
  constexpr size_t kName = sizeof("OMP_WAIT_POLICY=") - 1;
  static std::array<char*, 4096> extended;
  size_t count = 0;
  for (; environment[count] != nullptr; ++count) {
    if (std::strncmp(environment[count], policy, kName) == 0) return;
    if (count + 2 == extended.size()) return;
    extended[count] = environment[count];
  }
  extended[count] = policy;
  // Returns only when it fails (no /proc, say): then the run is slower, not wrong.
  execve("/proc/self/exe", argv, extended.data());
}

using EarlyFunction = void (*)(int, char**, char**);
[[gnu::section(".preinit_array"), gnu::used]] const EarlyFunction kEarly = ChooseWaitPolicy;

}  // namespace

void ApplyProcessSettings() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  ring::StartVectorMath();
}

}  // namespace experiments
