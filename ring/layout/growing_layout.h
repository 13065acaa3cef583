// Which rank holds which token of a context that grows at its end, and never moves a token.
//
// New tokens come as a prompt, laid out like any sequence, or a few at a time. Prompts after one
// another would each give their longer shards to the same ranks; here the longer ones go to the
// ranks that hold least. Two lists that differ by at most d each, one sorted up and the other down,
// have sums that differ by at most d: however many prompts follow one another, shards differ by no
// more than those of one prompt do. Few tokens go where least is, one by one, and even that out.
#ifndef RING_LAYOUT_GROWING_LAYOUT_H_
#define RING_LAYOUT_GROWING_LAYOUT_H_

#include "ring/layout/sequence_layout.h"

#include <cstdint>
#include <vector>

namespace ring {

class GrowingLayout {
 public:
  explicit GrowingLayout(int ring_size);

  int64_t num_tokens() const { return layout_.num_tokens(); }
  const SequenceLayout& layout() const { return layout_; }

  // Layouts of tokens to come, numbered from 0: of a prompt, and of a few.
  SequenceLayout NextPrompt(LayoutKind kind, int64_t num_tokens, int64_t granule = 1) const;
  SequenceLayout NextTokens(int64_t num_tokens) const;

  // This context and the new tokens behind it.
  SequenceLayout With(const SequenceLayout& next) const;
  void Append(const SequenceLayout& next) { layout_ = With(next); }

  // Forgets every token from `num_tokens` on, wherever it is: what is left need not be even.
  void Truncate(int64_t num_tokens);

 private:
  SequenceLayout layout_;
};

}  // namespace ring

#endif  // RING_LAYOUT_GROWING_LAYOUT_H_
