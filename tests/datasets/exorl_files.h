// ExoRL .npz files made in a test, and the arrays to spoil in them.
#ifndef TESTS_DATASETS_EXORL_FILES_H_
#define TESTS_DATASETS_EXORL_FILES_H_

#include "datasets/npz.h"
#include "tests/datasets/tiny_episodes.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tests {

using Arrays = std::map<std::string, datasets::NpyArray>;

// What a cartpole episode of `num_steps` steps holds.
inline Arrays ExorlArrays(int64_t num_steps, uint64_t seed) {
  std::mt19937_64 random(seed);
  const int64_t rows = num_steps + 1;
  std::vector<float> action = UniformNumbers<float>(rows, random);
  std::vector<float> reward = UniformNumbers<float>(rows, random);
  action[0] = 0;
  reward[0] = 0;
  using datasets::NpyArray;
  return {{"observation", NpyArray::Of<float>(UniformNumbers<float>(rows * 5, random), {rows, 5})},
          {"action", NpyArray::Of<float>(action, {rows, 1})},
          {"reward", NpyArray::Of<float>(reward, {rows, 1})},
          {"discount",
           NpyArray::Of<float>(std::vector<float>(static_cast<size_t>(rows), 1), {rows, 1})},
          {"physics", NpyArray::Of<double>(UniformNumbers<double>(rows * 4, random), {rows, 4})}};
}

inline void WriteNpz(const std::filesystem::path& path, const Arrays& arrays) {
  datasets::NpzWriter npz(path);
  for (const auto& [key, array] : arrays) npz.Add(key, array);
  npz.Finish();
}

inline std::string ExorlName(int64_t index, int64_t num_steps) {
  std::string digits = std::to_string(index);
  return "episode_" + std::string(6 - digits.size(), '0') + digits + "_" +
         std::to_string(num_steps) + ".npz";
}

// `folder`/buffer with `count` episodes of 20 steps.
inline void WriteBuffer(const std::filesystem::path& folder, int64_t count) {
  std::filesystem::create_directories(folder / "buffer");
  for (int64_t i = 0; i < count; ++i) {
    WriteNpz(folder / "buffer" / ExorlName(i, 20), ExorlArrays(20, static_cast<uint64_t>(i)));
  }
}

}  // namespace tests

#endif  // TESTS_DATASETS_EXORL_FILES_H_
