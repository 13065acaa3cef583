// SHA-256 (FIPS 180-4) of bytes that come in pieces: what `sha256sum` prints for them.
//
// Names the content of a dataset, so that two tables of results can be seen to rest on the same
// numbers. Uses the processor's own instructions where it has them.
#ifndef DATASETS_SHA256_H_
#define DATASETS_SHA256_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace datasets {

class Sha256 {
 public:
  enum class Instructions { kBest, kPortable };

  explicit Sha256(Instructions instructions = Instructions::kBest);

  void Add(std::span<const std::byte> bytes);

  // 64 hexadecimal digits. Nothing may be added afterwards.
  std::string Finish();

 private:
  void Compress(const std::byte* blocks, size_t num_blocks);

  std::array<uint32_t, 8> state_;
  std::array<std::byte, 64> pending_;  // what does not fill a block yet
  size_t num_pending_ = 0;
  uint64_t num_bytes_ = 0;
  bool accelerated_;
};

}  // namespace datasets

#endif  // DATASETS_SHA256_H_
