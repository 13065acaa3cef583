#include "datasets/sha256.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

namespace datasets {
namespace {

using Instructions = Sha256::Instructions;

std::string Hash(std::string_view text, Instructions instructions) {
  Sha256 hash(instructions);
  hash.Add(std::as_bytes(std::span(text)));
  return hash.Finish();
}

// Both ways to compute it; where the processor has no instructions for it they are the same.
class Sha256Test : public ::testing::TestWithParam<Instructions> {};
INSTANTIATE_TEST_SUITE_P(Instructions, Sha256Test,
                         ::testing::Values(Instructions::kBest, Instructions::kPortable));

// The standard's own examples.
TEST_P(Sha256Test, EqualsTheStandardsExamples) {
  EXPECT_EQ(Hash("", GetParam()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hash("abc", GetParam()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", GetParam()),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hash(std::string(1000000, 'a'), GetParam()),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_P(Sha256Test, DoesNotDependOnThePieces) {
  std::string text(300, ' ');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * i);
  for (size_t length = 0; length <= text.size(); length += 7) {
    const std::string_view whole = std::string_view(text).substr(0, length);
    for (const size_t piece : {1, 63, 64, 65, 130}) {
      Sha256 hash(GetParam());
      for (size_t begin = 0; begin < length; begin += piece) {
        hash.Add(std::as_bytes(std::span(whole.substr(begin, piece))));
      }
      EXPECT_EQ(hash.Finish(), Hash(whole, Instructions::kPortable)) << length << " by " << piece;
    }
  }
}

}  // namespace
}  // namespace datasets
