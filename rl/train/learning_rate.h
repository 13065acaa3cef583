// The learning rate of each update: a linear warm-up, then one of four schedules.
//
//   rate                                            after the warm-up
//   peak |      /\.            cosine        half a cosine down to the floor
//        |     /   `.          linear        a straight line down to the floor
//        |    /      `.        constant      the peak
//  floor |   /         `-.___  inverse_sqrt  peak * sqrt(warmup / updates so far), not below
//        +--+---+----------+-> train_step    the floor (arXiv 1706.03762)
//           0   warmup     schedule_steps
#ifndef RL_TRAIN_LEARNING_RATE_H_
#define RL_TRAIN_LEARNING_RATE_H_

#include <cstdint>
#include <string>

namespace rl {

struct LearningRateOptions {
  double peak = 1e-3;

  // cosine, linear, constant or inverse_sqrt.
  std::string schedule = "cosine";

  // The first updates use peak * 1/n, 2/n, ..., n/n; 0 starts at the peak.
  int64_t warmup_steps = 100;

  // The lowest rate, as a share of the peak. Not of constant.
  double floor_share = 0.1;

  // Train step at which cosine and linear reach the floor. An option of its own, not the length of
  // the run, because a run that is lengthened later must have seen the same rates all along.
  int64_t schedule_steps = 10000;
};

// Throws std::invalid_argument unless there is such a schedule, peak > 0, 0 <= floor_share <= 1,
// warmup_steps >= 0 and schedule_steps > warmup_steps.
void Validate(const LearningRateOptions& options);

// The rate of update `train_step`, counted from 0. A pure function: a resumed run needs no state.
double LearningRateAt(const LearningRateOptions& options, int64_t train_step);

}  // namespace rl

#endif  // RL_TRAIN_LEARNING_RATE_H_
