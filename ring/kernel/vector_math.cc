#include "ring/kernel/vector_math.h"

#include <ATen/ops/exp.h>
#include <ATen/ops/ones.h>

namespace ring {

void StartVectorMath() {
  // Too short to be shared among threads, so this one makes the first call alone; the language has
  // other threads wait for it.
  static const bool started = [] {
    for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) at::ones({8}, dtype).exp();
    return true;
  }();
  static_cast<void>(started);
}

}  // namespace ring
