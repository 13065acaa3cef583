// A hop as numbers, as it stands at the head of a message, and as a tensor, as a group sends it.
#ifndef RING_RUNTIME_HOP_HEADER_H_
#define RING_RUNTIME_HOP_HEADER_H_

#include "ring/runtime/hop.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

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

// The headers of a cargo are one stream, with one tag.
inline int HeaderTag(const Hop& hop) { return static_cast<int>(hop.cargo); }

// The tag of a message that is never sent, and the first of those for payloads.
inline constexpr int kWatchTag = 15;
inline constexpr int kFirstPayloadTag = 16;

// On the CPU. Of any hop to receive another into.
at::Tensor HeaderTensor(const Hop& hop);

// What came instead of `expected`: "the peer sent ... instead"; empty when it did come.
std::string DifferenceFrom(const Hop& expected, const HopHeader& came);
std::string DifferenceFrom(const Hop& expected, const at::Tensor& came);

}  // namespace ring

#endif  // RING_RUNTIME_HOP_HEADER_H_
