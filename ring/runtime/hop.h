// What a message between two ranks is: said in the header that travels with it, checked by who
// receives it, and printed in every error about it.
#ifndef RING_RUNTIME_HOP_H_
#define RING_RUNTIME_HOP_H_

#include <cstdint>
#include <string>

namespace ring {

enum class Pass : int32_t { kForward = 0, kBackward = 1, kDecode = 2 };
enum class Cargo : int32_t { kKeysAndValues = 0, kGradients = 1 };

struct Hop {
  Pass pass = Pass::kForward;
  Cargo cargo = Cargo::kKeysAndValues;
  int32_t layer = 0;
  int32_t round = 0;
  int32_t owner = 0;  // rank whose block it is
  int64_t bytes = 0;

  bool operator==(const Hop&) const = default;
};

// "keys and values of rank 2 (layer 0, forward, round 1, 4096 bytes)"
std::string Describe(const Hop& hop);

}  // namespace ring

#endif  // RING_RUNTIME_HOP_H_
