// A hop as numbers, as it stands at the head of a message.
#ifndef RING_RUNTIME_HOP_HEADER_H_
#define RING_RUNTIME_HOP_HEADER_H_

#include "ring/runtime/hop.h"

#include <array>
#include <cstdint>

namespace ring {

inline constexpr int64_t kHopHeaderMagic = 0x52494e47484f5031;  // "RINGHOP1"

using HopHeader = std::array<int64_t, 8>;

inline HopHeader EncodeHop(const Hop& hop) {
  return {kHopHeaderMagic,
          static_cast<int64_t>(hop.pass),
          static_cast<int64_t>(hop.cargo),
          hop.layer,
          hop.round,
          hop.owner,
          hop.bytes,
          0};
}

// REQUIRES: header[0] == kHopHeaderMagic.
inline Hop DecodeHop(const HopHeader& header) {
  return {.pass = static_cast<Pass>(header[1]),
          .cargo = static_cast<Cargo>(header[2]),
          .layer = static_cast<int32_t>(header[3]),
          .round = static_cast<int32_t>(header[4]),
          .owner = static_cast<int32_t>(header[5]),
          .bytes = header[6]};
}

}  // namespace ring

#endif  // RING_RUNTIME_HOP_HEADER_H_
