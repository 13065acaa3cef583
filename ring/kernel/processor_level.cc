#include "ring/kernel/processor_level.h"

namespace ring {

bool RunsHere(ProcessorLevel level) {
  switch (level) {
    case ProcessorLevel::kV4:
      return __builtin_cpu_supports("x86-64-v4");
    case ProcessorLevel::kV3:
      return __builtin_cpu_supports("x86-64-v3");
    case ProcessorLevel::kBaseline:
      return true;
  }
  return false;
}

ProcessorLevel BestLevel() {
  static const ProcessorLevel kBest = RunsHere(ProcessorLevel::kV4)   ? ProcessorLevel::kV4
                                      : RunsHere(ProcessorLevel::kV3) ? ProcessorLevel::kV3
                                                                      : ProcessorLevel::kBaseline;
  return kBest;
}

}  // namespace ring
