#include "datasets/chunk_codec.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace datasets {
namespace {

constexpr int kDeflateLevel = 1;  // level 4 would gain 1 % of the size

struct CompressorFree {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};
struct DecompressorFree {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

// Sum of all words, and sum of the words weighted by how many words follow, themselves included.
struct WordSums {
  uint64_t plain = 0;
  uint64_t weighted = 0;
};

// Fletcher's two running sums depend on each other word by word. Split over kLanes interleaved
// streams they do not, and the compiler can keep the streams in one vector register:
//   word 8j + l of 8m has weight 8m - (8j + l) = 8 (m - j) - l,
// where m - j is the weight that stream l itself gives its j-th word.
constexpr size_t kLanes = 8;
constexpr size_t kRowsBeforeOverflow = 360;  // 360 * 361 / 2 * 65535 < 2^32

WordSums SumRows(const std::byte* bytes, size_t num_rows) {
  std::array<uint32_t, kLanes> plain{};
  std::array<uint32_t, kLanes> weighted{};
  for (size_t row = 0; row < num_rows; ++row) {
    std::array<uint16_t, kLanes> words;
    std::memcpy(words.data(), bytes + row * sizeof(words), sizeof(words));
    for (size_t lane = 0; lane < kLanes; ++lane) plain[lane] += words[lane];
    for (size_t lane = 0; lane < kLanes; ++lane) weighted[lane] += plain[lane];
  }
  WordSums sums;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    sums.plain += plain[lane];
    sums.weighted += uint64_t{kLanes} * weighted[lane] - lane * uint64_t{plain[lane]};
  }
  return sums;
}

// Reduces modulo 65535 the way one's-complement addition does: only a sum of nothing but zeros
// is 0, any other multiple of 65535 is 65535.
uint64_t Fold(uint64_t sum) { return sum == 0 ? 0 : (sum - 1) % 65535 + 1; }

// Brings byte k of every element together: neighbours' exponents compress well, mantissas do not.
void Shuffle(std::span<const std::byte> from, size_t element_size, std::span<std::byte> to) {
  const size_t count = from.size() / element_size;
  for (size_t k = 0; k < element_size; ++k) {
    for (size_t i = 0; i < count; ++i) to[k * count + i] = from[i * element_size + k];
  }
}

void Unshuffle(std::span<const std::byte> from, size_t element_size, std::span<std::byte> to) {
  const size_t count = from.size() / element_size;
  for (size_t k = 0; k < element_size; ++k) {
    for (size_t i = 0; i < count; ++i) to[i * element_size + k] = from[k * count + i];
  }
}

// As a zlib stream, the form HDF5's deflate filter stores.
std::vector<std::byte> Deflated(std::span<const std::byte> bytes) {
  const std::unique_ptr<libdeflate_compressor, CompressorFree> deflater(
      libdeflate_alloc_compressor(kDeflateLevel));
  std::vector<std::byte> out(libdeflate_zlib_compress_bound(deflater.get(), bytes.size()) +
                             kChecksumBytes);
  out.resize(
      libdeflate_zlib_compress(deflater.get(), bytes.data(), bytes.size(), out.data(), out.size()));
  return out;
}

}  // namespace

uint32_t Fletcher32(std::span<const std::byte> bytes) {
  WordSums total;
  const auto append = [&](const WordSums& next, size_t num_words) {
    total.weighted = Fold(total.weighted + num_words * total.plain + next.weighted);
    total.plain = Fold(total.plain + next.plain);
  };
  constexpr size_t kRowBytes = 2 * kLanes;
  size_t done = 0;
  while (bytes.size() - done >= kRowBytes) {
    const size_t rows = std::min((bytes.size() - done) / kRowBytes, kRowsBeforeOverflow);
    append(SumRows(bytes.data() + done, rows), rows * kLanes);
    done += rows * kRowBytes;
  }
  for (; done < bytes.size(); done += 2) {
    uint64_t word = static_cast<uint64_t>(bytes[done]);
    if (done + 1 < bytes.size()) word |= static_cast<uint64_t>(bytes[done + 1]) << 8;
    append({word, word}, 1);
  }
  // The words above were little-endian. Swapping the bytes of a word multiplies it by 256 modulo
  // 65535, and sums keep a common factor.
  return static_cast<uint32_t>(Fold(total.weighted * 256) << 16 | Fold(total.plain * 256));
}

EncodedChunk EncodeChunk(ElementType type, std::vector<int64_t> shape,
                         std::span<const std::byte> elements, bool compress) {
  EncodedChunk chunk{type, std::move(shape), compress, {}};
  if (compress) {
    std::vector<std::byte> shuffled(elements.size());
    Shuffle(elements, ElementSize(type), shuffled);
    chunk.bytes = Deflated(shuffled);
  } else {
    chunk.bytes.reserve(elements.size() + kChecksumBytes);
    chunk.bytes.assign(elements.begin(), elements.end());
  }
  const uint32_t checksum = Fletcher32(chunk.bytes);
  const auto tail = std::as_bytes(std::span(&checksum, 1));
  chunk.bytes.insert(chunk.bytes.end(), tail.begin(), tail.end());
  return chunk;
}

void DecodeChunk(std::span<const std::byte> bytes, bool compressed, size_t element_size,
                 std::span<std::byte> elements, const std::string& place) {
  const auto refuse = [&](const char* what) {
    throw std::invalid_argument(place + ": " + what + "; the file is damaged, import it again");
  };
  if (bytes.size() < kChecksumBytes) refuse("its data are cut short");
  const auto content = bytes.first(bytes.size() - kChecksumBytes);
  uint32_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + content.size(), kChecksumBytes);
  if (Fletcher32(content) != checksum) refuse("its checksum differs");
  if (!compressed) {
    if (content.size() != elements.size()) refuse("its data do not have the size of its shape");
    std::copy(content.begin(), content.end(), elements.begin());
    return;
  }
  std::vector<std::byte> shuffled(elements.size());
  const std::unique_ptr<libdeflate_decompressor, DecompressorFree> inflater(
      libdeflate_alloc_decompressor());
  if (libdeflate_zlib_decompress(inflater.get(), content.data(), content.size(), shuffled.data(),
                                 shuffled.size(), nullptr) != LIBDEFLATE_SUCCESS) {
    refuse("its data do not inflate to the size of its shape");
  }
  Unshuffle(shuffled, element_size, elements);
}

}  // namespace datasets
