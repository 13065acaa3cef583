// Rows of memory that grow at their end, and never copy what they hold.
//
// A cache of keys is many rows (one for each layer, chain and head), equally long and each in one
// piece, because that is how attention reads them. Whoever grows such an array by copying holds it
// twice for a moment, and for a long context the moment is seconds. Here every row has a range of
// addresses to itself with room at its end, and memory appears page by page where it is first
// written. When the room ends, a range twice as wide is taken and the pages move there: the page
// tables change, the bytes stay where they are.
#ifndef RING_ATTENTION_GROWING_ROWS_H_
#define RING_ATTENTION_GROWING_ROWS_H_

#include <cstddef>
#include <cstdint>

namespace ring {

class GrowingRows {
 public:
  // `token_bytes` is what a token takes in each row.
  GrowingRows(int64_t num_rows, int64_t token_bytes)
      : num_rows_(num_rows), token_bytes_(token_bytes) {}
  ~GrowingRows() { Unmap(); }
  GrowingRows(GrowingRows&& other) noexcept { *this = static_cast<GrowingRows&&>(other); }
  GrowingRows& operator=(GrowingRows&& other) noexcept;

  // Makes room for `num_tokens` in every row, all of which are about to be written. Rows keep what
  // they hold but may move. Throws c10::ValueError, which says how many bytes were asked for, when
  // the system refuses; the rows are then as they were.
  void Reserve(int64_t num_tokens);

  // Forgets the tokens from `num_tokens` on. Their memory goes back to the system where it is much
  // more than what is left: a little is about to be written again.
  void Truncate(int64_t num_tokens);

  std::byte* row(int64_t index) const { return memory_ + index * row_bytes_; }
  int64_t row_bytes() const { return row_bytes_; }  // from one row to the next

  // Memory of the tokens there is room for and of forgotten ones not given back, in whole pages.
  int64_t touched_bytes() const;

 private:
  void MoveTo(std::byte* memory, int64_t row_bytes);
  void Unmap();

  int64_t num_rows_ = 0;
  int64_t token_bytes_ = 1;
  std::byte* memory_ = nullptr;
  int64_t row_bytes_ = 0;       // whole pages
  int64_t touched_tokens_ = 0;  // of a row
};

}  // namespace ring

#endif  // RING_ATTENTION_GROWING_ROWS_H_
