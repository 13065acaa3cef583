// The learning rate of each update: a linear warm-up, then half a cosine down to a floor.
//
//   rate
//   peak |      /\.
//        |     /   `.
//        |    /      `.
//  floor |   /         `-.______
//        +--+---+----------+----> train_step
//           0   warmup     schedule_steps
#ifndef RL_TRAIN_LEARNING_RATE_H_
#define RL_TRAIN_LEARNING_RATE_H_

#include <cstdint>

namespace rl {

struct LearningRateOptions {
  double peak = 1e-3;

  // The first updates use peak * 1/n, 2/n, ..., n/n; 0 starts at the peak.
  int64_t warmup_steps = 100;

  // What the cosine ends at, as a share of the peak: 1 keeps the rate constant.
  double floor_share = 0.1;

  // Train step at which the floor is reached. An option of its own, not the length of the run,
  // because a run that is lengthened later must have seen the same rates all along.
  int64_t schedule_steps = 10000;
};

// Throws std::invalid_argument unless peak > 0, 0 <= floor_share <= 1, warmup_steps >= 0 and
// schedule_steps > warmup_steps.
void Validate(const LearningRateOptions& options);

// The rate of update `train_step`, counted from 0. A pure function: a resumed run needs no state.
double LearningRateAt(const LearningRateOptions& options, int64_t train_step);

}  // namespace rl

#endif  // RL_TRAIN_LEARNING_RATE_H_
