// Whether another process of this host still runs, without being its parent.
#ifndef RING_RUNTIME_PROCESS_LIFE_H_
#define RING_RUNTIME_PROCESS_LIFE_H_

#include <cstdint>

namespace ring {

// A process for good: numbers are used again, but not together with the time of the start.
struct ProcessId {
  int64_t pid = 0;
  uint64_t start_time = 0;  // clock ticks since boot

  static ProcessId Own();
};

enum class Life { kRunning, kStopped, kDead };

// kStopped: by SIGSTOP or a debugger. kDead: gone, a zombie, or another process by now.
Life LookUp(const ProcessId& process);

}  // namespace ring

#endif  // RING_RUNTIME_PROCESS_LIFE_H_
