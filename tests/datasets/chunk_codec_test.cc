#include "datasets/chunk_codec.h"

#include "tests/datasets/expect_refused.h"

#include <gtest/gtest.h>

#include <random>

namespace datasets {
namespace {

std::vector<std::byte> RandomBytes(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

// The definition, word by word.
uint32_t SlowFletcher32(std::span<const std::byte> bytes) {
  uint64_t sum1 = 0;
  uint64_t sum2 = 0;
  const auto fold = [](uint64_t sum) {
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
  };
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<uint64_t>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? static_cast<uint64_t>(bytes[i + 1]) : 0;
    sum1 = fold(sum1 + (high << 8 | low));
    sum2 = fold(sum2 + sum1);
  }
  return static_cast<uint32_t>(sum2 << 16 | sum1);
}

TEST(Fletcher32Test, EqualsTheDefinitionForEveryLengthAcrossABlock) {
  for (size_t size = 0; size < 70; ++size) {
    const auto bytes = RandomBytes(size, /*seed=*/301 + size);
    EXPECT_EQ(Fletcher32(bytes), SlowFletcher32(bytes)) << size;
  }
  // Around 360 rows of 8 words, where one block ends and the next begins.
  for (const size_t size : {5758U, 5760U, 5761U, 5762U, 100001U}) {
    const auto bytes = RandomBytes(size, /*seed=*/size);
    EXPECT_EQ(Fletcher32(bytes), SlowFletcher32(bytes)) << size;
  }
}

// Sums that are multiples of 65535 have two representations; the library stores the non-zero one.
TEST(Fletcher32Test, TellsNothingButZerosFromSumsThatWrapToZero) {
  EXPECT_EQ(Fletcher32(std::vector<std::byte>(6000)), 0U);
  const std::vector<std::byte> ones(6000, std::byte{0xff});
  EXPECT_EQ(Fletcher32(ones), SlowFletcher32(ones));
  EXPECT_EQ(Fletcher32(ones), 0xffffffffU);
}

TEST(ChunkCodecTest, DecodesWhatItEncodesWithAndWithoutCompression) {
  for (const bool compress : {false, true}) {
    const auto elements = RandomBytes(1001 * 4, /*seed=*/7);
    const EncodedChunk chunk = EncodeChunk(ElementType::kFloat32, {1001}, elements, compress);
    std::vector<std::byte> decoded(elements.size());
    DecodeChunk(chunk.bytes, compress, sizeof(float), decoded, "x");
    EXPECT_EQ(decoded, elements);
  }
}

TEST(ChunkCodecTest, NoticesEveryFlippedBit) {
  const auto elements = RandomBytes(64, /*seed=*/9);
  const EncodedChunk chunk = EncodeChunk(ElementType::kFloat32, {16}, elements, /*compress=*/false);
  std::vector<std::byte> decoded(elements.size());
  for (size_t bit = 0; bit < chunk.bytes.size() * 8; ++bit) {
    std::vector<std::byte> bytes = chunk.bytes;
    bytes[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    tests::ExpectRefused([&] { DecodeChunk(bytes, false, 4, decoded, "w.hdf5: episode_0"); },
                         {"w.hdf5: episode_0", "checksum"});
  }
}

TEST(ChunkCodecTest, RefusesASizeOtherThanTheShapes) {
  const auto elements = RandomBytes(64, /*seed=*/9);
  std::vector<std::byte> smaller(60);
  for (const bool compress : {false, true}) {
    const EncodedChunk chunk = EncodeChunk(ElementType::kFloat32, {16}, elements, compress);
    EXPECT_THROW(DecodeChunk(chunk.bytes, compress, 4, smaller, "x"), std::invalid_argument);
  }
}

}  // namespace
}  // namespace datasets
