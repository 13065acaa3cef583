#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <numeric>

namespace rl {
namespace {

void AddEpisode(int64_t num_steps, datasets::EpisodeTensors& episodes) {
  const int64_t i = episodes.num_episodes();
  const int64_t step = i == 0 ? 0 : episodes.action_begin.back() + episodes.num_steps.back();
  episodes.action_begin.push_back(step);
  episodes.observation_begin.push_back(step + i);
  episodes.num_steps.push_back(num_steps);
}

void SumRewards(datasets::EpisodeTensors& episodes) {
  const float* const reward = episodes.reward_N.data_ptr<float>();
  for (int64_t i = 0; i < episodes.num_episodes(); ++i) {
    const float* const begin = reward + episodes.action_begin[i];
    episodes.episode_return.push_back(std::accumulate(begin, begin + episodes.num_steps[i], 0.0));
  }
}

}  // namespace

datasets::EpisodeTensors LabelledEpisodes(const std::vector<std::vector<float>>& rewards,
                                          int64_t observation_dim, int64_t action_dim) {
  std::vector<float> observations, actions, all_rewards;
  datasets::EpisodeTensors episodes;
  for (size_t i = 0; i < rewards.size(); ++i) {
    const auto num_steps = static_cast<int64_t>(rewards[i].size());
    AddEpisode(num_steps, episodes);
    const auto label = [&](int64_t channel, int64_t t) {
      return static_cast<float>(100 * static_cast<int64_t>(i) + 10 * channel + t);
    };
    for (int64_t t = 0; t <= num_steps; ++t) {
      for (int64_t o = 0; o < observation_dim; ++o) observations.push_back(label(o, t));
    }
    for (int64_t t = 0; t < num_steps; ++t) {
      for (int64_t a = 0; a < action_dim; ++a) actions.push_back(label(a, t) / 1000);
    }
    all_rewards.insert(all_rewards.end(), rewards[i].begin(), rewards[i].end());
  }
  episodes.observation_NO = at::tensor(observations).view({-1, observation_dim});
  episodes.action_NA = at::tensor(actions).view({-1, action_dim});
  episodes.reward_N = at::tensor(all_rewards);
  SumRewards(episodes);
  return episodes;
}

datasets::EpisodeTensors RandomEpisodes(const std::vector<int64_t>& num_steps, uint64_t seed) {
  datasets::EpisodeTensors episodes;
  for (const int64_t steps : num_steps) AddEpisode(steps, episodes);
  const int64_t num_rows = std::accumulate(num_steps.begin(), num_steps.end(), int64_t{0});
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const auto uniform = [&](at::IntArrayRef shape) { return at::rand(shape, generator); };
  episodes.observation_NO = uniform({num_rows + std::ssize(num_steps), 3}) * 2 - 1;
  episodes.reward_N = uniform({num_rows});
  episodes.action_NA = at::empty({num_rows, 2});
  for (int64_t i = 0; i < episodes.num_episodes(); ++i) {
    const at::Tensor x =
        episodes.observation_NO.narrow(0, episodes.observation_begin[i], num_steps[i]);
    episodes.action_NA.narrow(0, episodes.action_begin[i], num_steps[i])
        .copy_(at::stack({x.select(1, 0).sin(), x.select(1, 1) * x.select(1, 2)}, 1));
  }
  SumRewards(episodes);
  return episodes;
}

}  // namespace rl
