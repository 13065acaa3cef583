// Which token of a context lives on which rank of a ring.
//
// A layout cuts the tokens 0 .. num_tokens into shards, one per rank; a shard is a list of ranges
// in ascending order. Under a causal mask the last token sees everything and the first only itself,
// so contiguous shards leave early ranks idle while the last one works: at most half of the ring's
// speed. Two layouts balance the work:
//
//   ring of 3, 12 tokens        token:  0  1  2  3  4  5  6  7  8  9 10 11
//   contiguous                  rank:   0  0  0  0  1  1  1  1  2  2  2  2
//   zigzag (2 chunks a rank)    rank:   0  0  1  1  2  2  2  2  1  1  0  0
//   striped                     rank:   0  1  2  0  1  2  0  1  2  0  1  2
//
// Any number of tokens, any ring: shards differ in size by what does not divide, and may be empty.
// `granule` consecutive tokens (those of one step, say) are never separated.
#ifndef RING_LAYOUT_SEQUENCE_LAYOUT_H_
#define RING_LAYOUT_SEQUENCE_LAYOUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ring {

// Groups of `width` tokens: [begin, begin + width), [begin + stride, ...), ... below end.
struct TokenRange {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t stride = 1;  // >= width
  int64_t width = 1;

  int64_t size() const;
  bool operator==(const TokenRange&) const = default;
};

enum class LayoutKind { kContiguous, kZigzag, kStriped };

// "contiguous", "zigzag", "striped"; throws c10::ValueError naming all three otherwise.
LayoutKind ParseLayoutKind(std::string_view name);
std::string_view Name(LayoutKind kind);

class SequenceLayout {
 public:
  // Throws c10::ValueError unless num_tokens >= 0, ring_size >= 1 and granule >= 1.
  static SequenceLayout Make(LayoutKind kind, int64_t num_tokens, int ring_size,
                             int64_t granule = 1);
  static SequenceLayout Contiguous(int64_t num_tokens, int ring_size, int64_t granule = 1);
  static SequenceLayout Zigzag(int64_t num_tokens, int ring_size, int64_t granule = 1);
  static SequenceLayout Striped(int64_t num_tokens, int ring_size, int64_t granule = 1);

  // Any shards that together hold the tokens 0 .. num_tokens once, each with ascending ranges.
  static SequenceLayout OfShards(int64_t num_tokens, std::vector<std::vector<TokenRange>> shards);

  int64_t num_tokens() const { return num_tokens_; }
  int ring_size() const { return static_cast<int>(shards_.size()); }

  // The tokens `rank` holds. REQUIRES: 0 <= rank < ring_size().
  const std::vector<TokenRange>& Shard(int rank) const;
  int64_t ShardSize(int rank) const;
  int64_t MaxShardSize() const;

  // Positions of the shard's tokens in the whole context, ascending.
  std::vector<int64_t> Positions(int rank) const;

  bool operator==(const SequenceLayout&) const = default;

 private:
  SequenceLayout(int64_t num_tokens, std::vector<std::vector<TokenRange>> shards);

  int64_t num_tokens_;
  std::vector<std::vector<TokenRange>> shards_;  // [rank]
};

// The shard of a tensor whose dimension `dim` is the whole context's tokens (activations,
// positions, labels), and the inverse: the whole from the shards of all ranks, in rank order. Throw
// c10::ValueError when sizes disagree with the layout. Differentiable.
at::Tensor TakeShard(const at::Tensor& whole, const SequenceLayout& layout, int rank, int64_t dim);
at::Tensor JoinShards(const std::vector<at::Tensor>& shards, const SequenceLayout& layout,
                      int64_t dim);

}  // namespace ring

#endif  // RING_LAYOUT_SEQUENCE_LAYOUT_H_
