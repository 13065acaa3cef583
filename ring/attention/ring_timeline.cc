#include "ring/attention/ring_timeline.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace ring {
namespace {

using Seconds = std::vector<double>;

// All ranks, round after round. What leaves a rank in one round is what the next one gets in the
// round after.
class Play {
 public:
  Play(const RingSchedule& schedule, const RingCosts& costs)
      : schedule_(schedule),
        costs_(costs),
        size_(static_cast<size_t>(schedule.ring_size())),
        now_(size_),
        link_free_(size_),
        blocks_(size_),
        gradients_(size_),
        home_(size_),
        next_visit_(size_) {}

  // Every rank sends its own block and computes a `share` of it meanwhile.
  void Begin(double share) {
    for (size_t rank = 0; rank < size_; ++rank) {
      if (schedule_.Reach(static_cast<int>(rank)) > 0)
        blocks_[rank] = Send(rank, costs_.block[rank]);
      now_[rank] += share * costs_.compute[rank];
    }
  }

  void PlayRounds(bool with_gradients) {
    for (int round = 1; round < schedule_.ring_size(); ++round) {
      Seconds blocks(size_), gradients(size_);
      for (size_t rank = 0; rank < size_; ++rank) {
        const std::vector<RingRound>& rounds = schedule_.Rounds(static_cast<int>(rank));
        const size_t visit = next_visit_[rank];
        if (visit == rounds.size() || rounds[visit].round != round) continue;
        ++next_visit_[rank];
        blocks[rank] = Compute(rank, rounds[visit]);
        if (with_gradients) gradients[rank] = SendGradient(rank, rounds[visit]);
      }
      blocks_ = std::move(blocks);
      gradients_ = std::move(gradients);
    }
  }

  // What is left of the own block, and then the wait for its gradient.
  void End(double share) {
    for (size_t rank = 0; rank < size_; ++rank) {
      now_[rank] = std::max(now_[rank] + share * costs_.compute[rank], home_[rank]);
    }
  }

  double last() const { return *std::max_element(now_.begin(), now_.end()); }

 private:
  // When a message that is ready now has arrived.
  double Send(size_t rank, double seconds) {
    link_free_[rank] = std::max(now_[rank], link_free_[rank]) + seconds;
    return link_free_[rank];
  }

  size_t Previous(size_t rank) const { return (rank + size_ - 1) % size_; }

  double Compute(size_t rank, const RingRound& round) {
    now_[rank] = std::max(now_[rank], blocks_[Previous(rank)]);
    const double arrival =
        round.travels_on ? Send(rank, costs_.block[static_cast<size_t>(round.owner)]) : 0.0;
    if (round.computes) now_[rank] += costs_.compute[rank];
    return arrival;
  }

  double SendGradient(size_t rank, const RingRound& round) {
    if (round.gradient_comes) now_[rank] = std::max(now_[rank], gradients_[Previous(rank)]);
    if (!round.gradient_leaves()) return 0.0;
    const size_t owner = static_cast<size_t>(round.owner);
    const double arrival = Send(rank, costs_.gradient[owner]);
    if (!round.travels_on) home_[owner] = arrival;
    return arrival;
  }

  const RingSchedule& schedule_;
  const RingCosts& costs_;
  size_t size_;
  Seconds now_, link_free_;     // [rank]
  Seconds blocks_, gradients_;  // [rank] when what it sent last has arrived
  Seconds home_;                // [owner] when its gradient is back
  std::vector<size_t> next_visit_;
};

}  // namespace

double ForwardSeconds(const RingSchedule& schedule, const RingCosts& costs) {
  Play play(schedule, costs);
  play.Begin(/*share=*/1.0);
  play.PlayRounds(/*with_gradients=*/false);
  return play.last();
}

double BackwardSeconds(const RingSchedule& schedule, const RingCosts& costs) {
  Play play(schedule, costs);
  play.Begin(/*share=*/0.5);
  play.PlayRounds(/*with_gradients=*/true);
  play.End(/*share=*/0.5);
  return play.last();
}

double ComputeSeconds(const RingSchedule& schedule, const RingCosts& costs) {
  double most = 0.0;
  for (int rank = 0; rank < schedule.ring_size(); ++rank) {
    const auto& rounds = schedule.Rounds(rank);
    const auto visits = std::count_if(rounds.begin(), rounds.end(),
                                      [](const RingRound& round) { return round.computes; });
    most =
        std::max(most, costs.compute[static_cast<size_t>(rank)] * static_cast<double>(1 + visits));
  }
  return most;
}

}  // namespace ring
