// Where the tests of environments find model files and recordings, and random actions for them.
#ifndef TESTS_RL_ENV_TEST_DATA_H_
#define TESTS_RL_ENV_TEST_DATA_H_

#include "rl/env/random.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace tests {

inline std::filesystem::path Assets() { return RINGRL_DM_CONTROL_ROOT; }

// Small recordings that lie in the repository.
inline std::filesystem::path Oracle(const std::string& name) {
  return std::filesystem::path(RINGRL_ORACLES) / name;
}

// The folder of ExoRL-format sample data; empty where there is none. Tests that need it begin with
//   if (SampleData().empty()) GTEST_SKIP() << kNoSampleData;
inline constexpr char kNoSampleData[] = "skipped: no sample data";
inline std::filesystem::path SampleData() {
  const char* folder = std::getenv("RINGRL_SAMPLE_DATA");
  return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder);
}

inline std::vector<float> UniformActions(int64_t count, uint64_t seed) {
  rl::Random random(seed);
  std::vector<float> actions(static_cast<size_t>(count));
  for (float& action : actions) action = static_cast<float>(random.Uniform(-1, 1));
  return actions;
}

}  // namespace tests

#endif  // TESTS_RL_ENV_TEST_DATA_H_
