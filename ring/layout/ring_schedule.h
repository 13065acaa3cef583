// Who sends which block to whom in which round: a pure function of layout, mask and ring size.
//
// In round t rank r works on the block of owner (r - t) mod n. A block travels from its owner to
// the next rank, and so on, as far as the last rank that sees anything of it: rounds and hops that
// would carry nothing useful do not exist. Its gradient starts at the first rank that sees some of
// it, travels along with it from there, and goes home from the last.
//
// Every rank computes the whole schedule from what it knows, so no rank has to ask another. That
// takes about n (n + tokens per rank) steps for n ranks: far less than one tile of attention.
#ifndef RING_LAYOUT_RING_SCHEDULE_H_
#define RING_LAYOUT_RING_SCHEDULE_H_

#include "ring/layout/attention_mask.h"
#include "ring/layout/sequence_layout.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ring {

// The visit of another rank's block, in round 1 .. n-1 of forward and backward. (Round 0 is a
// rank's own block, which it sends to rank + 1 if Reach(rank) > 0.)
struct RingRound {
  int round = 0;
  int owner = 0;                // of the block, which comes from rank - 1
  bool computes = false;        // some pair is visible
  bool travels_on = false;      // afterwards, to rank + 1
  bool gradient_comes = false;  // with the block, in backward: a rank before this one computed

  // Whether this rank passes a gradient of the block on: to rank + 1 when the block travels on,
  // home to `owner` when it does not. The last visitor always computes, so every gradient gets
  // home, once.
  bool gradient_leaves() const { return gradient_comes || computes; }

  bool operator==(const RingRound&) const = default;
};

class RingSchedule {
 public:
  // `queries` and `keys` are for one ring size; the queries are the last of the keys' tokens.
  // Throws c10::ValueError when they are not, or the mask makes no sense.
  RingSchedule(const AttentionMask& mask, const SequenceLayout& queries,
               const SequenceLayout& keys);

  int ring_size() const { return ring_size_; }

  // The visits to `rank`, in the order of their rounds; in other rounds nothing comes to it.
  const std::vector<RingRound>& Rounds(int rank) const;

  // Ranks the block of `owner` travels: 0 when nobody else sees it. Its gradient comes home from
  // rank (owner + Reach(owner)) mod n.
  int Reach(int owner) const { return reach_[static_cast<size_t>(owner)]; }

  // Visible pairs rank `rank` computes over all rounds, its own block included: its work.
  int64_t Pairs(int rank) const { return pairs_[static_cast<size_t>(rank)]; }

 private:
  // computes[owner][round]: whether the rank that far from the owner sees some of its block.
  void PlanRounds(const std::vector<std::vector<bool>>& computes);

  int ring_size_;
  std::vector<int> reach_;                      // [owner]
  std::vector<int64_t> pairs_;                  // [rank]
  std::vector<std::vector<RingRound>> rounds_;  // [rank]
};

}  // namespace ring

#endif  // RING_LAYOUT_RING_SCHEDULE_H_
