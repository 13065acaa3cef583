// What layouts, ring sizes, lengths, granules and masks tests of the ring go through.
#ifndef TESTS_RING_LAYOUT_CASES_H_
#define TESTS_RING_LAYOUT_CASES_H_

#include "ring/layout/attention_mask.h"
#include "ring/layout/sequence_layout.h"

#include <c10/util/StringUtil.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ring {

struct LayoutCase {
  SequenceLayout queries;  // the last of the keys' tokens
  SequenceLayout keys;
  AttentionMask mask;
  std::string name;

  // Positions in the whole context of the queries and keys that `rank` holds.
  std::vector<int64_t> QueryPositions(int rank) const {
    std::vector<int64_t> positions = queries.Positions(rank);
    for (int64_t& position : positions) position += keys.num_tokens() - queries.num_tokens();
    return positions;
  }
  std::vector<int64_t> KeyPositions(int rank) const { return keys.Positions(rank); }
};

inline std::string Describe(const AttentionMask& mask) {
  return c10::str(mask.causal ? "causal" : "full", ", window ", mask.window, ", prefix ",
                  mask.prefix, ", ", mask.document_begins.size(), " documents");
}

// Every field alone, and together; those that fit a context of `num_tokens`.
inline std::vector<AttentionMask> MasksFor(int64_t num_tokens) {
  std::vector<AttentionMask> masks = {
      {}, {.causal = false}, {.window = 1}, {.window = 5}, {.causal = false, .window = 3}};
  if (num_tokens < 7) return masks;
  const std::vector<int64_t> documents = {0, 1, 2 + num_tokens / 3, num_tokens - 2};
  masks.push_back({.document_begins = documents});
  masks.push_back({.causal = false, .document_begins = documents});
  masks.push_back({.prefix = 4});
  masks.push_back({.window = 4, .prefix = 3});
  masks.push_back({.causal = false, .window = 2, .prefix = 2, .document_begins = documents});
  masks.push_back({.window = 4, .prefix = num_tokens, .document_begins = documents});
  return masks;
}

inline std::vector<int64_t> LengthsFor(int64_t ring_size) {
  return {0, 1, ring_size - 1, ring_size, 13, 37, 4 * ring_size + 3};  // even, prime, uneven, few
}

// Calls `check` for every combination; with queries for all tokens, and for the last third.
template <typename Check>
void ForEachLayoutCase(const std::vector<int>& ring_sizes, const Check& check) {
  for (const LayoutKind kind :
       {LayoutKind::kContiguous, LayoutKind::kZigzag, LayoutKind::kStriped}) {
    for (const int ring_size : ring_sizes) {
      for (const int64_t num_tokens : LengthsFor(ring_size)) {
        for (const int64_t granule : {1, 4}) {
          for (const AttentionMask& mask : MasksFor(num_tokens)) {
            for (const int64_t num_queries : {num_tokens, num_tokens / 3}) {
              check(LayoutCase{
                  .queries = SequenceLayout::Make(kind, num_queries, ring_size, granule),
                  .keys = SequenceLayout::Make(kind, num_tokens, ring_size, granule),
                  .mask = mask,
                  .name =
                      c10::str(Name(kind), ", ring of ", ring_size, ", ", num_queries, " queries, ",
                               num_tokens, " keys, granule ", granule, ", ", Describe(mask))});
            }
          }
        }
      }
    }
  }
}

}  // namespace ring

#endif  // TESTS_RING_LAYOUT_CASES_H_
