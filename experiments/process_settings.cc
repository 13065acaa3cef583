#include "experiments/process_settings.h"

#include <cstdlib>

#include <malloc.h>
#include <unistd.h>

namespace experiments {

void ApplyProcessSettings(char** argv) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", /*overwrite=*/1);
  // Returns only when it fails (no /proc, say): then the run is slower, not wrong.
  execv("/proc/self/exe", argv);
}

}  // namespace experiments
