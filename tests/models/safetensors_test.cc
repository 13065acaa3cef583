#include "models/safetensors.h"

#include "tests/support/temporary_folder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace models {
namespace {

using testing::HasSubstr;

std::string ReadBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteBytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// A file with that header and that many zero bytes behind it.
std::string FileOf(const std::string& header, size_t data_size) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return bytes + header + std::string(data_size, '\0');
}

class SafetensorsTest : public testing::Test {
 protected:
  std::string ErrorOf(const std::string& bytes) {
    WriteBytes(path_, bytes);
    try {
      ReadSafetensors(path_);
    } catch (const c10::ValueError& error) {
      EXPECT_THAT(error.what_without_backtrace(), testing::StartsWith(path_.string() + ": "));
      return error.what_without_backtrace();
    }
    return "";
  }

  tests::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "model.safetensors";
};

TEST_F(SafetensorsTest, EveryDtypeAndShapeReadsBackAsWritten) {
  SafetensorsFile written;
  for (const at::ScalarType dtype :
       {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kHalf, at::kBFloat16,
        at::kFloat, at::kDouble}) {
    written.tensors[c10::toString(dtype)] = at::arange(6).view({2, 3}).to(dtype);
  }
  written.tensors["scalar"] = at::tensor(2.5);
  written.tensors["nothing"] = at::zeros({3, 0});
  written.tensors["strided"] = at::arange(6).view({2, 3}).t();
  written.tensors["trained"] = at::zeros({2}).requires_grad_();
  written.metadata = {{"format", "pt"}, {"note", "\"quoted\" \n text"}};
  WriteSafetensors(path_, written);

  const SafetensorsFile read = ReadSafetensors(path_);
  EXPECT_EQ(read.metadata, written.metadata);
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    EXPECT_EQ(read.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(read.tensors.at(name), tensor.detach())) << name;
  }
}

TEST_F(SafetensorsTest, BytesAreThoseTheFormatPrescribes) {
  WriteSafetensors(path_, {.tensors = {{"b", at::tensor({1.0F, -2.0F})},
                                       {"a", at::tensor({1, 0, 1}).to(at::kBool)}},
                           .metadata = {}});
  std::string header = R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                       R"("a":{"dtype":"BOOL","shape":[3],"data_offsets":[8,11]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::string data("\x00\x00\x80\x3F\x00\x00\x00\xC0\x01\x00\x01", 11);
  EXPECT_EQ(ReadBytes(path_), FileOf(header, 0) + data);
}

TEST_F(SafetensorsTest, EqualContentsGiveEqualBytes) {
  const SafetensorsFile contents = {.tensors = {{"x", at::arange(5)}, {"y", at::zeros({2, 2})}},
                                    .metadata = {{"k", "v"}}};
  WriteSafetensors(path_, contents);
  WriteSafetensors(folder_ / "again", contents);
  EXPECT_EQ(ReadBytes(path_), ReadBytes(folder_ / "again"));
}

TEST_F(SafetensorsTest, EveryTruncationIsNoticed) {
  WriteSafetensors(path_, {.tensors = {{"x", at::arange(5)}}, .metadata = {}});
  const std::string whole = ReadBytes(path_);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(ErrorOf(whole.substr(0, size)), "") << size << " bytes";
  }
  EXPECT_THAT(ErrorOf(whole + "x"), HasSubstr("the file is damaged"));
}

TEST_F(SafetensorsTest, DamagedHeadersAreRefusedWithTheirReason) {
  const auto entry = [](const std::string& text, size_t data_size) {
    return FileOf(R"({"x":{)" + text + "}}", data_size);
  };
  EXPECT_THAT(ErrorOf(FileOf("[1]", 0)), HasSubstr("not a JSON object"));
  EXPECT_THAT(ErrorOf(FileOf("{\"x\":", 0)), HasSubstr("not a JSON object"));
  EXPECT_THAT(ErrorOf(std::string(8, '\xFF') + "{}"), HasSubstr("announce a header"));
  EXPECT_THAT(ErrorOf(entry(R"("dtype":"F32","shape":[1])", 4)), HasSubstr("must have exactly"));
  EXPECT_THAT(ErrorOf(entry(R"("dtype":"F31","shape":[1],"data_offsets":[0,4])", 4)),
              HasSubstr("unknown dtype"));
  EXPECT_THAT(ErrorOf(entry(R"("dtype":3,"shape":[1],"data_offsets":[0,4])", 4)),
              HasSubstr("has no dtype"));
  EXPECT_THAT(ErrorOf(entry(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])", 4)),
              HasSubstr("natural numbers"));
  EXPECT_THAT(ErrorOf(entry(R"("dtype":"F32","shape":{},"data_offsets":[0,4])", 4)),
              HasSubstr("has no list \"shape\""));
  EXPECT_THAT(ErrorOf(entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,8])", 4)),
              HasSubstr("truncated or damaged"));
  EXPECT_THAT(ErrorOf(entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])", 4)),
              HasSubstr("truncated or damaged"));
  EXPECT_THAT(ErrorOf(entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])", 4)),
              HasSubstr("need 8"));
  EXPECT_THAT(ErrorOf(FileOf(R"({"__metadata__":{"a":1}})", 0)), HasSubstr("must be a string"));
  EXPECT_THAT(ErrorOf(FileOf(R"({"__metadata__":7})", 0)), HasSubstr("object of strings"));
}

TEST_F(SafetensorsTest, LengthsWhoseProductOverflowsAskForNoMemory) {
  // 2^32 * 2^32 * 4 wraps to 0 bytes in 64 bits.
  EXPECT_THAT(ErrorOf(FileOf(R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],)"
                             R"("data_offsets":[0,0]}})",
                             0)),
              HasSubstr("its shape and dtype need"));
}

TEST_F(SafetensorsTest, OverlapsAndGapsAreRefused) {
  const auto two = [](const std::string& offsets) {
    return R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
           R"("y":{"dtype":"U8","shape":[4],"data_offsets":)" +
           offsets + "}}";
  };
  EXPECT_EQ(ErrorOf(FileOf(two("[4,8]"), 8)), "");
  EXPECT_THAT(ErrorOf(FileOf(two("[2,6]"), 8)), HasSubstr("overlap or leave gaps"));
  EXPECT_THAT(ErrorOf(FileOf(two("[5,9]"), 9)), HasSubstr("overlap or leave gaps"));
}

TEST_F(SafetensorsTest, FailedWriteLeavesTheOldFileAndNothingElse) {
  WriteSafetensors(path_, {.tensors = {{"x", at::arange(5)}}, .metadata = {}});
  const std::string before = ReadBytes(path_);
  EXPECT_THROW(WriteSafetensors(
                   path_, {.tensors = {{"x", at::zeros({1}, at::kComplexFloat)}}, .metadata = {}}),
               c10::ValueError);
  EXPECT_EQ(ReadBytes(path_), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(SafetensorsTest, MissingFilesAndFoldersAreNamed) {
  EXPECT_THROW(ReadSafetensors(folder_ / "absent"), std::runtime_error);
  EXPECT_THROW(WriteSafetensors(folder_ / "absent" / "x", {}), std::runtime_error);
  EXPECT_THROW(ReadSafetensors(folder_.path()), c10::ValueError);
}

}  // namespace
}  // namespace models
