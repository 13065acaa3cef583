// Where the sample of real ExoRL files lies.
#ifndef TESTS_DATASETS_SAMPLE_DATA_H_
#define TESTS_DATASETS_SAMPLE_DATA_H_

#include <cstdlib>
#include <filesystem>

namespace tests {

// The folder that RINGRL_SAMPLE_DATA names, or nothing: then tests that need it skip.
inline std::filesystem::path SampleData() {
  const char* folder = std::getenv("RINGRL_SAMPLE_DATA");
  return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder);
}

}  // namespace tests

#endif  // TESTS_DATASETS_SAMPLE_DATA_H_
