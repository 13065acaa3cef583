#include "datasets/exorl_episode.h"

#include "datasets/dataset_attributes.h"
#include "datasets/validate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace datasets {
namespace {

constexpr std::array<std::string_view, 5> kKeys{"observation", "action", "reward", "discount",
                                                "physics"};

[[noreturn]] void Refuse(const std::string& place, const std::string& what) {
  throw std::invalid_argument(place + ": " + what);
}

// The arrays of one file, before anything is known about their sizes but the type and the rank.
struct Arrays {
  NpyArray observation, action, reward, discount, physics;
};

Arrays ReadArrays(const NpzArchive& npz) {
  return {npz.Read("observation", ElementType::kFloat32, 2),
          npz.Read("action", ElementType::kFloat32, 2),
          npz.Read("reward", ElementType::kFloat32, 2),
          npz.Read("discount", ElementType::kFloat32, 2),
          npz.Read("physics", ElementType::kFloat64, 2)};
}

void RequireDomain(const Arrays& arrays, const std::string& place, const DomainInfo& domain) {
  const int64_t observation_dim = arrays.observation.shape[1];
  const int64_t action_dim = arrays.action.shape[1];
  const int64_t physics_dim = arrays.physics.shape[1];
  if (observation_dim == domain.observation_dim && action_dim == domain.action_dim &&
      physics_dim == domain.physics_dim) {
    return;
  }
  const auto sizes = [](int64_t o, int64_t a, int64_t p) {
    return std::to_string(o) + " observations, " + std::to_string(a) + " actions and " +
           std::to_string(p) + " physics values";
  };
  const DomainInfo* other = DomainOfDims(observation_dim, action_dim, physics_dim);
  Refuse(place, "it has rows of " + sizes(observation_dim, action_dim, physics_dim) +
                    (other != nullptr ? ", which is domain " + std::string(other->name) +
                                            "; import it with --domain " + std::string(other->name)
                                      : ", but domain " + std::string(domain.name) + " has " +
                                            sizes(domain.observation_dim, domain.action_dim,
                                                  domain.physics_dim)));
}

void RequireRows(const Arrays& arrays, const std::string& place, const ExorlFileName& file) {
  const auto require = [&](const char* key, const NpyArray& array) {
    if (array.shape[0] == file.num_steps + 1) return;
    Refuse(place, std::string(key) + " has " + std::to_string(array.shape[0]) +
                      " rows, but an episode of " + std::to_string(file.num_steps) +
                      " steps (see its name) has " + std::to_string(file.num_steps + 1));
  };
  require("observation", arrays.observation);
  require("action", arrays.action);
  require("reward", arrays.reward);
  require("discount", arrays.discount);
  require("physics", arrays.physics);
  if (file.num_steps < 1) Refuse(place, "it has no steps");
  if (arrays.discount.shape[1] != 1) Refuse(place, "discount has more than one column");
  if (arrays.reward.shape[1] < 1 || arrays.reward.shape[1] > 16) {
    Refuse(place, "reward has " + std::to_string(arrays.reward.shape[1]) + " columns");
  }
}

template <class T>
std::vector<T> Copy(const NpyArray& array, size_t begin = 0) {
  const auto values = array.Values<T>().subspan(begin);
  return {values.begin(), values.end()};
}

// Row 0 of the actions is not stored, so it must be the zeros that export writes back.
void RequireZeroFirstAction(const NpyArray& action, const std::string& place) {
  for (const float value : action.Values<float>().first(static_cast<size_t>(action.shape[1]))) {
    if (std::bit_cast<uint32_t>(value) != 0) {
      Refuse(place, "row 0 of action is not zero, so row 0 is not the reset it should be");
    }
  }
}

NpyArray Column(const std::vector<float>& values, int64_t rows) {
  return NpyArray::Of<float>(values, {rows, static_cast<int64_t>(values.size()) / rows});
}

// `values` with a row 0 of `first` put before them.
std::vector<float> WithFirstRow(const std::vector<float>& values, size_t row_size, float first) {
  std::vector<float> rows(row_size, first);
  rows.insert(rows.end(), values.begin(), values.end());
  return rows;
}

// Not ==, to which -0 is 0.
bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::vector<float> DiscountsOf(const Episode& episode) {
  if (!episode.discounts.empty()) return episode.discounts;
  std::vector<float> discounts{1};
  for (const uint8_t terminated : episode.terminations) discounts.push_back(terminated ? 0 : 1);
  return discounts;
}

}  // namespace

Episode ParseExorlEpisode(const NpzArchive& npz, const ExorlFileName& file,
                          const ExorlFormat& format) {
  const std::string& place = npz.name();
  const Arrays arrays = ReadArrays(npz);
  RequireDomain(arrays, place, format.domain);
  RequireRows(arrays, place, file);
  RequireZeroFirstAction(arrays.action, place);

  Episode episode;
  episode.num_steps = file.num_steps;
  episode.source_index = file.index;
  episode.observations = Copy<float>(arrays.observation);
  episode.actions = Copy<float>(arrays.action, static_cast<size_t>(format.domain.action_dim));
  episode.discounts = Copy<float>(arrays.discount);
  episode.physics = Copy<double>(arrays.physics);
  const std::vector<float> collected = Copy<float>(arrays.reward);
  const auto columns = static_cast<size_t>(arrays.reward.shape[1]);
  const size_t column = columns == 1 ? 0 : static_cast<size_t>(format.reward_column);
  const auto steps = static_cast<size_t>(file.num_steps);
  episode.truncations.assign(steps, 0);
  episode.terminations.assign(steps, 0);
  episode.rewards.reserve(steps);
  for (size_t row = 1; row <= steps; ++row) {
    episode.rewards.push_back(collected[row * columns + column]);
    if (episode.discounts[row] == 0) episode.terminations[row - 1] = 1;
  }
  episode.truncations.back() = episode.terminations.back() == 0 ? 1 : 0;
  // Export puts the reset's 0 back before the rewards.
  if (!SameBits(collected, WithFirstRow(episode.rewards, 1, 0))) {
    episode.task_rewards[kCollectedReward] = collected;
  }
  for (const std::string& key : npz.keys()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      episode.extras[key] = npz.Read(key);
    }
  }
  DatasetAttributes sizes;
  sizes.observation_dim = format.domain.observation_dim;
  sizes.action_dim = format.domain.action_dim;
  sizes.physics_dim = format.domain.physics_dim;
  const std::vector<std::string> problems = FindProblems(episode, sizes);
  if (!problems.empty()) Refuse(place, problems.front());
  return episode;
}

void WriteExorlEpisode(const Episode& episode, int64_t index, const std::filesystem::path& folder) {
  const int64_t rows = episode.num_steps + 1;
  const int64_t number = episode.source_index >= 0 ? episode.source_index : index;
  char name[64];
  std::snprintf(name, sizeof(name), "episode_%06lld_%lld.npz", static_cast<long long>(number),
                static_cast<long long>(episode.num_steps));
  NpzWriter npz(folder / name);
  npz.Add("observation", Column(episode.observations, rows));
  const size_t action_dim = episode.actions.size() / static_cast<size_t>(episode.num_steps);
  npz.Add("action", Column(WithFirstRow(episode.actions, action_dim, 0), rows));
  const auto collected = episode.task_rewards.find(kCollectedReward);
  npz.Add("reward",
          Column(collected != episode.task_rewards.end() ? collected->second
                                                         : WithFirstRow(episode.rewards, 1, 0),
                 rows));
  npz.Add("discount", Column(DiscountsOf(episode), rows));
  if (!episode.physics.empty()) {
    npz.Add("physics",
            NpyArray::Of<double>(episode.physics,
                                 {rows, static_cast<int64_t>(episode.physics.size()) / rows}));
  }
  for (const auto& [key, array] : episode.extras) npz.Add(key, array);
  npz.Finish();
}

}  // namespace datasets
