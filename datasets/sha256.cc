#include "datasets/sha256.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace datasets {
namespace {

// Fractions of the cube roots of the first 64 primes.
alignas(16) constexpr std::array<uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// One block of 64 bytes; the letters are the standard's.
void CompressPortably(std::array<uint32_t, 8>& state, const std::byte* block) {
  std::array<uint32_t, 64> w;
  std::memcpy(w.data(), block, 64);
  for (size_t t = 0; t < 16; ++t) w[t] = __builtin_bswap32(w[t]);
  for (size_t t = 16; t < 64; ++t) {
    const uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
    const uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (size_t t = 0; t < 64; ++t) {
    const uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + kRoundConstants[t] + w[t];
    const uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const std::array<uint32_t, 8> change = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) state[i] += change[i];
}

#if defined(__x86_64__)
bool HasShaInstructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
         (b & bit_SHA) != 0;
}

// Four rounds an iteration. The instructions want the state as two registers, ABEF and CDGH.
[[gnu::target("sha,sse4.1,ssse3")]] void CompressBySha(std::array<uint32_t, 8>& state,
                                                       const std::byte* blocks, size_t num_blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  auto* const words = reinterpret_cast<__m128i*>(state.data());
  const __m128i dcba = _mm_loadu_si128(words), hgfe = _mm_loadu_si128(words + 1);
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1), efgh = _mm_shuffle_epi32(hgfe, 0x1B);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
  for (; num_blocks > 0; --num_blocks, blocks += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4];  // words 4 i .. 4 i + 3 of the schedule, in turn
    for (int i = 0; i < 16; ++i) {
      __m128i& now = w[i & 3];
      if (i < 4) {
        const auto* const source = reinterpret_cast<const __m128i*>(blocks) + i;
        now = _mm_shuffle_epi8(_mm_loadu_si128(source), big_endian);
      } else {
        const __m128i last = w[(i + 3) & 3];
        now = _mm_sha256msg1_epu32(now, w[(i + 1) & 3]);
        now = _mm_add_epi32(now, _mm_alignr_epi8(last, w[(i + 2) & 3], 4));
        now = _mm_sha256msg2_epu32(now, last);
      }
      const auto* const constants = reinterpret_cast<const __m128i*>(kRoundConstants.data()) + i;
      const __m128i added = _mm_add_epi32(now, _mm_load_si128(constants));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(added, 0x0E));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1B), dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
}
#else
bool HasShaInstructions() { return false; }
void CompressBySha(std::array<uint32_t, 8>&, const std::byte*, size_t) {}
#endif

}  // namespace

// Fractions of the square roots of the first eight primes.
Sha256::Sha256(Instructions instructions)
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
      pending_{},
      accelerated_(instructions == Instructions::kBest && HasShaInstructions()) {}

void Sha256::Compress(const std::byte* blocks, size_t num_blocks) {
  if (accelerated_) return CompressBySha(state_, blocks, num_blocks);
  for (size_t i = 0; i < num_blocks; ++i) CompressPortably(state_, blocks + 64 * i);
}

void Sha256::Add(std::span<const std::byte> bytes) {
  num_bytes_ += bytes.size();
  if (num_pending_ > 0) {
    const size_t taken = std::min(bytes.size(), pending_.size() - num_pending_);
    std::ranges::copy(bytes.first(taken), pending_.begin() + num_pending_);
    num_pending_ += taken;
    bytes = bytes.subspan(taken);
    if (num_pending_ < pending_.size()) return;
    Compress(pending_.data(), 1);
    num_pending_ = 0;
  }
  const size_t num_blocks = bytes.size() / 64;
  Compress(bytes.data(), num_blocks);
  bytes = bytes.subspan(64 * num_blocks);
  std::ranges::copy(bytes, pending_.begin());
  num_pending_ = bytes.size();
}

std::string Sha256::Finish() {
  // A one bit, zeros up to the last eight bytes of a block, and there the number of bits.
  const uint64_t num_bits = __builtin_bswap64(8 * num_bytes_);
  const size_t num_zeros = (119 - num_pending_) % 64;
  std::array<std::byte, 72> padding{std::byte{0x80}};
  std::memcpy(padding.data() + 1 + num_zeros, &num_bits, sizeof(num_bits));
  Add(std::span(padding).first(1 + num_zeros + sizeof(num_bits)));
  std::string digits;
  for (const uint32_t word : state_) {
    char text[9];
    std::snprintf(text, sizeof(text), "%08x", word);
    digits += text;
  }
  return digits;
}

}  // namespace datasets
