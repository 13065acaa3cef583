#include "datasets/npy.h"

#include "tests/datasets/expect_refused.h"
#include "tests/datasets/zip_bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace datasets {
namespace {

using tests::Bytes;
using tests::ExpectRefused;
using tests::ToBytes;

// A version `version` file with this header text and these float32 elements.
Bytes File(const std::string& header, const std::vector<float>& values, char version = 1) {
  std::string text = std::string("\x93NUMPY") + version + '\0';
  const size_t length = header.size();
  text += static_cast<char>(length & 0xff);
  text += static_cast<char>(length >> 8);
  if (version > 1) text += std::string(2, '\0');
  text += header;
  Bytes file = ToBytes(text);
  const auto raw = std::as_bytes(std::span(values));
  file.insert(file.end(), raw.begin(), raw.end());
  return file;
}

std::vector<float> Floats(const NpyArray& array) {
  const auto values = array.Values<float>();
  return {values.begin(), values.end()};
}

constexpr char kTwoByThree[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";

TEST(NpyTest, ReadsVersionsOneTwoAndThree) {
  for (const char version : {1, 2, 3}) {
    const NpyArray array = ParseNpy(File(kTwoByThree, {1, 2, 3, 4, 5, 6}, version), "x");
    EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(Floats(array), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  }
}

TEST(NpyTest, ReadsKeysInAnyOrderQuotesOfBothKindsAndLongLengths) {
  const NpyArray array =
      ParseNpy(File(R"({"shape": (3L,), "fortran_order": False, "descr": "<f4"})", {1, 2, 3}), "x");
  EXPECT_EQ(array.shape, (std::vector<int64_t>{3}));
  EXPECT_EQ(Floats(array), (std::vector<float>{1, 2, 3}));
}

TEST(NpyTest, ReadsAScalarAndAnEmptyArray) {
  EXPECT_EQ(
      Floats(ParseNpy(File("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", {7}), "x")),
      (std::vector<float>{7}));
  EXPECT_EQ(ParseNpy(File("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4)}", {}), "x")
                .num_elements(),
            0);
}

TEST(NpyTest, TransposesFortranOrder) {
  // The matrix 1 2 3 / 4 5 6, columns first.
  const NpyArray matrix = ParseNpy(
      File("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", {1, 4, 2, 5, 3, 6}), "x");
  EXPECT_EQ(Floats(matrix), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  // Element (i, j, k) is 100 i + 10 j + k; i varies fastest in the file.
  std::vector<float> file;
  std::vector<float> wanted;
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 2; ++i) file.push_back(static_cast<float>(100 * i + 10 * j + k));
    }
  }
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 4; ++k) wanted.push_back(static_cast<float>(100 * i + 10 * j + k));
    }
  }
  EXPECT_EQ(Floats(ParseNpy(
                File("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3, 4)}", file), "x")),
            wanted);
}

TEST(NpyTest, RefusesAShapeThatTheBytesDoNotFill) {
  ExpectRefused(
      [] {
        ParseNpy(File(kTwoByThree, {1, 2, 3, 4, 5}), "w.npz: reward");
      },
      {"w.npz: reward", "(2, 3)", "20 bytes"});
  ExpectRefused([] { ParseNpy(File(kTwoByThree, {1, 2, 3, 4, 5, 6, 7}), "x"); }, {"28 bytes"});
}

TEST(NpyTest, RefusesLengthsWhoseProductOverflows) {
  const std::string huge =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, "
      "4294967296)}";
  ExpectRefused([&] { ParseNpy(File(huge, {}), "x"); }, {"4294967296"});
  ExpectRefused(
      [] {
        ParseNpy(
            File("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", {}),
            "x");
      },
      {"not a length"});
}

TEST(NpyTest, RefusesWhatItCannotReadByName) {
  const auto with = [](const std::string& descr) {
    return File("{'descr': " + descr + ", 'fortran_order': False, 'shape': ()}", {0});
  };
  ExpectRefused([&] { ParseNpy(with("'>f4'"), "x"); }, {">f4"});
  ExpectRefused([&] { ParseNpy(with("'|O'"), "x"); }, {"|O"});
  ExpectRefused([&] { ParseNpy(with("[('a', '<f4')]"), "x"); }, {"structured"});
  ExpectRefused([&] { ParseNpy(File(kTwoByThree, {}, 9), "x"); }, {"version 9"});
  ExpectRefused([&] { ParseNpy(ToBytes("PK and so on, not an array"), "x"); }, {"not a numpy"});
}

// Whatever one damaged byte or a missing end does, it is an exception or a well-formed array.
TEST(NpyTest, SurvivesEveryFlippedByteAndEveryTruncation) {
  const Bytes whole = File(kTwoByThree, {1, 2, 3, 4, 5, 6});
  int refused = 0;
  const auto read = [&](Bytes file) {
    try {
      const NpyArray array = ParseNpy(std::move(file), "x");
      EXPECT_EQ(array.bytes.size(),
                static_cast<size_t>(array.num_elements()) * ElementSize(array.type));
    } catch (const std::invalid_argument&) {
      ++refused;
    }
  };
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int mask : {0x01, 0x10, 0x80, 0xff}) {
      Bytes file = whole;
      file[at] ^= static_cast<std::byte>(mask);
      read(std::move(file));
    }
    read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at)));
  }
  EXPECT_GT(refused, static_cast<int>(whole.size()));
}

TEST(NpyTest, FormatsWhatItParses) {
  const NpyArray array = NpyArray::Of<double>(std::vector<double>{1, 2, 3, 4, 5, 6}, {3, 2});
  const Bytes file = FormatNpy(array);
  EXPECT_EQ((file.size() - array.bytes.size()) % 64, 0U);
  EXPECT_EQ(ParseNpy(file, "x"), array);
}

TEST(NpyTest, KnowsTheTypeItHolds) {
  const NpyArray array = NpyArray::Of<float>(std::vector<float>{1}, {1});
  EXPECT_THROW(array.Values<double>(), std::logic_error);
  EXPECT_THROW(NpyArray::Of<float>(std::vector<float>{1}, {2}), std::logic_error);
}

}  // namespace
}  // namespace datasets
