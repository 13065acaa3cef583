// Expects a call to fail with one sentence that holds certain words.
#ifndef TESTS_DATASETS_EXPECT_REFUSED_H_
#define TESTS_DATASETS_EXPECT_REFUSED_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace tests {

template <class Exception = std::invalid_argument>
void ExpectRefused(const std::function<void()>& call, const std::vector<std::string>& words) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Exception& refusal) {
    const std::string sentence = refusal.what();
    for (const std::string& word : words) EXPECT_THAT(sentence, ::testing::HasSubstr(word));
    EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
  }
}

}  // namespace tests

#endif  // TESTS_DATASETS_EXPECT_REFUSED_H_
