// Which checkpoint of a run is its best, and whether the run still gets better.
//
// Both follow from the scores so far, which a resumed run reads back from its curves: there is no
// other state. The best is optimistic: the highest of many noisy scores is partly luck, and what
// chose it also reports it. For a fair figure it is to be evaluated again, with another seed.
#ifndef RL_TRAIN_SELECTION_H_
#define RL_TRAIN_SELECTION_H_

#include <cstdint>
#include <optional>

namespace rl {

struct StepScore {
  int64_t train_step = 0;
  double value = 0;
};

struct SelectionOptions {
  // Returns are better when higher, losses when lower.
  bool higher_is_better = true;

  // Scores in a row without an improvement after which a run gives up; 0: it never does.
  int64_t patience = 0;

  // What counts as an improvement for `patience`: more than this over the score that was one last,
  // in the score's own unit. The best itself follows every gain.
  double min_improvement = 0;
};

// Throws std::invalid_argument for negative numbers.
void Validate(const SelectionOptions& options);

class Selection {
 public:
  explicit Selection(const SelectionOptions& options) : options_(options) {}

  // Adds the score of a later step. True if it is the best so far; a score that is not finite never
  // is, and improves nothing.
  bool Add(const StepScore& score);

  const std::optional<StepScore>& best() const { return best_; }
  const std::optional<StepScore>& newest() const { return newest_; }
  bool gave_up() const { return options_.patience > 0 && num_stale_ >= options_.patience; }

 private:
  // What `value` gains on `score`; infinite on none.
  double Gain(double value, const std::optional<StepScore>& score) const;

  SelectionOptions options_;
  std::optional<StepScore> best_, newest_;
  std::optional<StepScore> improvement_;  // the last score that was one
  int64_t num_stale_ = 0;                 // scores since
};

}  // namespace rl

#endif  // RL_TRAIN_SELECTION_H_
