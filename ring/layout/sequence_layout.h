// Which token of a context lives on which rank of a ring.
//
// A layout cuts the tokens 0 .. num_tokens into shards, one per rank; a shard is a list of strided
// ranges in ascending order. The contiguous layout gives every rank one range. (Under a causal mask
// that is unbalanced for rings larger than one; layouts that give a rank an early and a late chunk,
// or every n-th token, have the same shape: two ranges, or one with a stride.)
#ifndef RING_LAYOUT_SEQUENCE_LAYOUT_H_
#define RING_LAYOUT_SEQUENCE_LAYOUT_H_

#include <cstdint>
#include <vector>

namespace ring {

// Tokens begin, begin + stride, ... below end.
struct TokenRange {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t stride = 1;

  int64_t size() const { return end > begin ? (end - begin + stride - 1) / stride : 0; }
  bool operator==(const TokenRange&) const = default;
};

class SequenceLayout {
 public:
  // Shards of consecutive tokens whose sizes differ by at most one, longer ones first. Throws
  // c10::ValueError unless num_tokens >= 0 and ring_size >= 1.
  static SequenceLayout Contiguous(int64_t num_tokens, int ring_size);

  int64_t num_tokens() const { return num_tokens_; }
  int ring_size() const { return static_cast<int>(shards_.size()); }

  // The tokens `rank` holds. REQUIRES: 0 <= rank < ring_size().
  const std::vector<TokenRange>& Shard(int rank) const;
  int64_t ShardSize(int rank) const;

 private:
  SequenceLayout(int64_t num_tokens, std::vector<std::vector<TokenRange>> shards);

  int64_t num_tokens_;
  std::vector<std::vector<TokenRange>> shards_;  // [rank]
};

}  // namespace ring

#endif  // RING_LAYOUT_SEQUENCE_LAYOUT_H_
