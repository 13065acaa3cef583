#include "experiments/benchmarks/process_memory.h"

#include <fstream>
#include <string>

#include <malloc.h>

namespace experiments {
namespace {

// "Name:   1234 kB" in a file of /proc, in bytes; 0 where there is no such line.
int64_t Field(const char* file, const std::string& name) {
  std::ifstream stream(file);
  std::string word;
  while (stream >> word) {
    int64_t kilobytes = 0;
    if (word == name + ":" && stream >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

int64_t SharedPages() { return Field("/proc/self/status", "RssShmem"); }
int64_t ShareOfThem() { return Field("/proc/self/smaps_rollup", "Pss_Shmem"); }

}  // namespace

PeakMemory::PeakMemory() {
  // What was freed goes back, so that it does not hide what comes; and blocks of a megabyte never
  // come from the heap, whose holes would be counted.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // VmHWM starts again at VmRSS
  before_ = Field("/proc/self/status", "VmRSS") - SharedPages() + ShareOfThem();
}

int64_t PeakMemory::Bytes() const {
  return Field("/proc/self/status", "VmHWM") - SharedPages() + ShareOfThem() - before_;
}

}  // namespace experiments
