// For algorithms that do not share their work over a ring.
#ifndef RL_AGENTS_REFUSE_RING_H_
#define RL_AGENTS_REFUSE_RING_H_

#include "ring/runtime/ring.h"

#include <stdexcept>
#include <string>

namespace rl {

// Throws std::invalid_argument unless the ring has one rank.
inline void RefuseRing(const std::string& algorithm, const ring::Ring& ring) {
  if (ring.size() == 1) return;
  throw std::invalid_argument("algorithm " + algorithm +
                              " trains on one process, not on a ring of " +
                              std::to_string(ring.size()) + "; use --ring-size 1");
}

}  // namespace rl

#endif  // RL_AGENTS_REFUSE_RING_H_
