// One array as the bytes of an HDF5 chunk: optionally shuffled and deflated, then checksummed.
//
// HDF5 would run these filters itself, under the lock that lets one thread into the library at a
// time. Doing it here lets every core share the work, and the bytes are exactly those HDF5's own
// filters would have made or would accept.
#ifndef DATASETS_CHUNK_CODEC_H_
#define DATASETS_CHUNK_CODEC_H_

#include "datasets/element_type.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace datasets {

// What every chunk ends with.
inline constexpr size_t kChecksumBytes = 4;

struct EncodedChunk {
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;    // of the array, which is the chunk
  bool compressed = false;       // shuffle + deflate came before the checksum
  std::vector<std::byte> bytes;  // ends with the checksum
};

// Fletcher-32 as HDF5 defines it: over big-endian 16-bit words, an odd last byte padded with zero.
uint32_t Fletcher32(std::span<const std::byte> bytes);

EncodedChunk EncodeChunk(ElementType type, std::vector<int64_t> shape,
                         std::span<const std::byte> elements, bool compress);

// The elements back into `elements`, whose size is that of the array.
// Throws std::invalid_argument, its sentence opened by `place`, when the checksum differs or the
// bytes do not inflate to exactly that size.
void DecodeChunk(std::span<const std::byte> bytes, bool compressed, size_t element_size,
                 std::span<std::byte> elements, const std::string& place);

}  // namespace datasets

#endif  // DATASETS_CHUNK_CODEC_H_
