#include "rl/agents/advantage.h"

#include "datasets/normalizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_solve.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

// Keeps the least squares solvable where a feature never changes.
constexpr double kRidge = 1e-12;

// Of the largest return: smaller differences are nothing to prefer one step over another for.
constexpr double kSmallestSigma = 1e-5;

constexpr double kSmallestWeight = 1e-6;

at::Tensor StepsOf(const datasets::EpisodeTensors& episodes, int64_t i, const at::Tensor& value_N) {
  return value_N.narrow(0, episodes.action_begin[i], episodes.num_steps[i]);
}

int64_t LongestEpisode(const datasets::EpisodeTensors& episodes) {
  return *std::max_element(episodes.num_steps.begin(), episodes.num_steps.end());
}

// Steps that no training episode has are compared with the last ones that some had.
at::Tensor MeanPerStep(const datasets::EpisodeTensors& episodes, std::span<const int64_t> training,
                       const at::Tensor& return_N) {
  const int64_t longest = LongestEpisode(episodes);
  const at::Tensor sum_T = at::zeros({longest}, at::kDouble);
  const at::Tensor count_T = at::zeros({longest}, at::kDouble);
  int64_t known = 0;
  for (const int64_t i : training) {
    sum_T.narrow(0, 0, episodes.num_steps[i]).add_(StepsOf(episodes, i, return_N));
    count_T.narrow(0, 0, episodes.num_steps[i]).add_(1);
    known = std::max(known, episodes.num_steps[i]);
  }
  const at::Tensor mean_T = sum_T / count_T;
  mean_T.narrow(0, known, longest - known).copy_(mean_T.narrow(0, known - 1, 1));

  at::Tensor baseline_N = at::empty(return_N.sizes(), at::kDouble);
  for (int64_t i = 0; i < episodes.num_episodes(); ++i) {
    StepsOf(episodes, i, baseline_N).copy_(mean_T.narrow(0, 0, episodes.num_steps[i]));
  }
  return baseline_N;
}

// F features of an episode's steps.
class LinearFeatures {
 public:
  explicit LinearFeatures(const datasets::EpisodeTensors& episodes)
      : episodes_(episodes),
        normalizer_(datasets::Normalizer::Fit(episodes.observation_NO)),
        longest_(LongestEpisode(episodes)) {}

  int64_t size() const { return episodes_.observation_NO.size(1) + 2; }

  at::Tensor Of(int64_t i) const {  // -> TF
    const int64_t num_steps = episodes_.num_steps[i];
    const at::Tensor observation_TO =
        episodes_.observation_NO.narrow(0, episodes_.observation_begin[i], num_steps)
            .to(at::kDouble);
    const at::Tensor step_T1 = at::arange(num_steps, at::kDouble).unsqueeze(1);
    return at::cat({normalizer_.Apply(observation_TO), step_T1 / static_cast<double>(longest_),
                    at::ones({num_steps, 1}, at::kDouble)},
                   /*dim=*/1);
  }

 private:
  const datasets::EpisodeTensors& episodes_;
  datasets::Normalizer normalizer_;
  int64_t longest_;
};

at::Tensor LinearFit(const datasets::EpisodeTensors& episodes, std::span<const int64_t> training,
                     const at::Tensor& return_N) {
  const LinearFeatures features(episodes);
  const at::Tensor square_FF = at::zeros({features.size(), features.size()}, at::kDouble);
  const at::Tensor product_F = at::zeros({features.size()}, at::kDouble);
  int64_t num_steps = 0;
  for (const int64_t i : training) {
    const at::Tensor x_TF = features.Of(i);
    square_FF.add_(x_TF.t().mm(x_TF));
    product_F.add_(x_TF.t().mv(StepsOf(episodes, i, return_N)));
    num_steps += episodes.num_steps[i];
  }
  square_FF.add_(at::eye(features.size(), at::kDouble), kRidge * static_cast<double>(num_steps));
  const at::Tensor slope_F = at::linalg_solve(square_FF, product_F);

  at::Tensor baseline_N = at::empty(return_N.sizes(), at::kDouble);
  for (int64_t i = 0; i < episodes.num_episodes(); ++i) {
    StepsOf(episodes, i, baseline_N).copy_(features.Of(i).mv(slope_F));
  }
  return baseline_N;
}

double RootMeanSquare(const datasets::EpisodeTensors& episodes, std::span<const int64_t> training,
                      const at::Tensor& value_N) {
  double sum = 0;
  int64_t num_steps = 0;
  for (const int64_t i : training) {
    sum += StepsOf(episodes, i, value_N).square().sum().item<double>();
    num_steps += episodes.num_steps[i];
  }
  return std::sqrt(sum / static_cast<double>(num_steps));
}

}  // namespace

at::Tensor ReturnsToGo(const datasets::EpisodeTensors& episodes) {
  at::Tensor return_N = at::empty(episodes.reward_N.sizes(), at::kDouble);
  for (int64_t i = 0; i < episodes.num_episodes(); ++i) {
    const at::Tensor reward_T = StepsOf(episodes, i, episodes.reward_N).to(at::kDouble);
    StepsOf(episodes, i, return_N).copy_(reward_T.flip(0).cumsum(0).flip(0));
  }
  return return_N;
}

at::Tensor AdvantageWeights(const datasets::EpisodeTensors& episodes,
                            std::span<const int64_t> training, const LossOptions& loss) {
  const AdvantageBaseline baseline = ParseAdvantageBaseline(loss.advantage);
  if (baseline == AdvantageBaseline::kNone || training.empty()) {
    throw std::logic_error("AdvantageWeights needs a baseline and episodes to fit it to");
  }
  const at::Tensor return_N = ReturnsToGo(episodes);
  const at::Tensor advantage_N =
      return_N - (baseline == AdvantageBaseline::kStep ? MeanPerStep(episodes, training, return_N)
                                                       : LinearFit(episodes, training, return_N));
  const double smallest =
      kSmallestSigma * return_N.abs().max().item<double>() + std::numeric_limits<double>::min();
  const double sigma = std::max(RootMeanSquare(episodes, training, advantage_N), smallest);
  return (advantage_N / (sigma * loss.temperature))
      .exp()
      .clamp(kSmallestWeight, loss.max_weight)
      .to(at::kFloat);
}

}  // namespace rl
