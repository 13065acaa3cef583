// The most memory this process holds over a stretch of time, as the kernel counts it.
#ifndef EXPERIMENTS_BENCHMARKS_PROCESS_MEMORY_H_
#define EXPERIMENTS_BENCHMARKS_PROCESS_MEMORY_H_

#include <cstdint>

namespace experiments {

// Counts from its construction. One at a time in a process.
//
// Pages that processes share are counted once: each process has its share of them, a page that n
// processes hold being an nth of a page for each (proportional set size). They are counted when
// Bytes() is called, private pages at their peak; buffers that are shared stay until the group
// ends, so that their last count is their peak.
class PeakMemory {
 public:
  PeakMemory();

  // Above what the process held at the beginning.
  int64_t Bytes() const;

 private:
  int64_t before_;
};

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_PROCESS_MEMORY_H_
