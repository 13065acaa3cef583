#include "datasets/hdf5.h"

#include "tests/datasets/expect_refused.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

namespace datasets {
namespace {

std::vector<std::byte> CountingFloats(size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0F);
  const auto raw = std::as_bytes(std::span(values));
  return {raw.begin(), raw.end()};
}

TEST(Hdf5Test, ReadsTheChunksItWritesForEveryTypeAndBothEncodings) {
  const tests::TemporaryFolder folder;
  const auto bytes = CountingFloats(240);  // 960 bytes: a whole number of elements of every type
  for (const bool compress : {false, true}) {
    Hdf5File out = Hdf5File::Create(folder / "a.hdf5", "a.hdf5");
    std::vector<ElementType> types;
    for (int type = 0; type <= static_cast<int>(ElementType::kFloat64); ++type) {
      types.push_back(static_cast<ElementType>(type));
    }
    for (const ElementType type : types) {
      const auto count = static_cast<int64_t>(bytes.size() / ElementSize(type));
      std::vector<std::byte> elements = bytes;
      if (type == ElementType::kBool) elements.assign(bytes.size(), std::byte{1});
      out.root().WriteChunk(std::string(NumpyName(type)),
                            EncodeChunk(type, {count / 2, 2}, elements, compress));
    }
    out.Close();
    const Hdf5File in = Hdf5File::Open(folder / "a.hdf5");
    for (const ElementType type : types) {
      const Hdf5Dataset dataset = in.root().OpenDataset(std::string(NumpyName(type)));
      EXPECT_EQ(dataset.type(), type);
      std::vector<std::byte> elements(bytes.size());
      dataset.Read(elements);
      EXPECT_TRUE(type == ElementType::kBool || elements == bytes) << NumpyName(type);
    }
  }
}

TEST(Hdf5Test, StoresAnArrayThatRecursOnceUnderAllItsNames) {
  const tests::TemporaryFolder folder;
  const auto bytes = CountingFloats(100000);
  auto other = bytes;
  other.back() ^= std::byte{1};
  Hdf5File out = Hdf5File::Create(folder / "a.hdf5", "a.hdf5");
  const auto encode = [](const std::vector<std::byte>& elements) {
    return EncodeChunk(ElementType::kFloat32, {100000}, elements, /*compress=*/false);
  };
  for (const char* name : {"first", "second", "third"}) {
    out.root().Create(name).WriteShared("x", encode(bytes));
  }
  out.root().WriteShared("other", encode(other));
  out.Close();
  EXPECT_LT(std::filesystem::file_size(folder / "a.hdf5"), 3 * bytes.size());
  const Hdf5File in = Hdf5File::Open(folder / "a.hdf5");
  std::vector<std::byte> elements(bytes.size());
  for (const char* name : {"first/x", "second/x", "third/x"}) {
    in.root().OpenDataset(name).Read(elements);
    EXPECT_EQ(elements, bytes) << name;
  }
  in.root().OpenDataset("other").Read(elements);
  EXPECT_EQ(elements, other);
}

TEST(Hdf5Test, KeepsScalarsAndEmptyArrays) {
  const tests::TemporaryFolder folder;
  Hdf5File out = Hdf5File::Create(folder / "a.hdf5", "a.hdf5");
  out.root().WriteChunk("scalar", EncodeChunk(ElementType::kFloat32, {}, CountingFloats(1), false));
  out.root().WriteChunk("empty", EncodeChunk(ElementType::kFloat32, {0, 3}, {}, false));
  out.Close();
  const Hdf5File in = Hdf5File::Open(folder / "a.hdf5");
  EXPECT_TRUE(in.root().OpenDataset("scalar").shape().empty());
  EXPECT_EQ(in.root().OpenDataset("empty").shape(), (std::vector<int64_t>{0, 3}));
  in.root().OpenDataset("empty").Read({});
}

TEST(Hdf5Test, KeepsAttributesAndListsNames) {
  const tests::TemporaryFolder folder;
  Hdf5File out = Hdf5File::Create(folder / "a.hdf5", "a.hdf5");
  out.root().WriteInteger("steps", -7);
  out.root().WriteString("words", "several \xc3\xa9 words");
  out.root().WriteString("nothing", "");
  const Hdf5Group group = out.root().Create("group");
  group.Create("inner");
  out.Close();
  const Hdf5File in = Hdf5File::Open(folder / "a.hdf5");
  EXPECT_EQ(in.root().ReadInteger("steps"), -7);
  EXPECT_EQ(in.root().ReadString("words"), "several \xc3\xa9 words");
  EXPECT_EQ(in.root().ReadString("nothing"), "");
  EXPECT_TRUE(in.root().HasAttribute("steps"));
  EXPECT_FALSE(in.root().HasAttribute("step"));
  EXPECT_THAT(in.root().names(), ::testing::ElementsAre("group"));
  EXPECT_TRUE(in.root().Has("group/inner"));
  EXPECT_FALSE(in.root().Has("group/outer"));
  EXPECT_FALSE(in.root().Has("no/such/group"));
  EXPECT_TRUE(in.root().IsGroup("group"));
}

TEST(Hdf5Test, SaysWhereAndWhatWhenSomethingIsMissingOrOfTheWrongKind) {
  const tests::TemporaryFolder folder;
  Hdf5File out = Hdf5File::Create(folder / "a.hdf5", "a.hdf5");
  out.root().WriteString("words", "x");
  out.root().WriteInteger("number", 1);
  out.Close();
  const Hdf5File in = Hdf5File::Open(folder / "a.hdf5");
  tests::ExpectRefused([&] { in.root().Open("episode_0"); }, {"a.hdf5", "episode_0"});
  tests::ExpectRefused([&] { in.root().OpenDataset("x"); }, {"a.hdf5", "x"});
  tests::ExpectRefused([&] { in.root().ReadInteger("words"); }, {"words", "whole number"});
  tests::ExpectRefused([&] { in.root().ReadString("number"); }, {"number", "string"});
}

TEST(Hdf5Test, TellsAMissingFileFromAForeignAndATruncatedOne) {
  const tests::TemporaryFolder folder;
  tests::ExpectRefused<std::runtime_error>([&] { Hdf5File::Open(folder / "none"); }, {"none"});
  std::ofstream(folder / "text") << "just some text";
  tests::ExpectRefused([&] { Hdf5File::Open(folder / "text"); }, {"text", "not an HDF5 file"});
  Hdf5File out = Hdf5File::Create(folder / "a.hdf5", "a.hdf5");
  out.root().WriteChunk("x",
                        EncodeChunk(ElementType::kFloat32, {1000}, CountingFloats(1000), false));
  out.Close();
  std::filesystem::resize_file(folder / "a.hdf5", 3000);
  tests::ExpectRefused([&] { Hdf5File::Open(folder / "a.hdf5"); }, {"a.hdf5", "damaged"});
}

TEST(Hdf5Test, NoticesADamagedArray) {
  const tests::TemporaryFolder folder;
  Hdf5File out = Hdf5File::Create(folder / "a.hdf5", "a.hdf5");
  const EncodedChunk chunk =
      EncodeChunk(ElementType::kFloat32, {1000}, CountingFloats(1000), /*compress=*/false);
  out.root().WriteChunk("x", chunk);
  out.Close();
  std::fstream file(folder / "a.hdf5", std::ios::in | std::ios::out | std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(file)), {});
  const std::string stored(reinterpret_cast<const char*>(chunk.bytes.data()), chunk.bytes.size());
  const size_t at = whole.find(stored);
  ASSERT_NE(at, std::string::npos);
  file.seekp(static_cast<std::streamoff>(at + 2000));
  file.put(static_cast<char>(whole[at + 2000] ^ 1));
  file.close();
  const Hdf5File in = Hdf5File::Open(folder / "a.hdf5");
  std::vector<std::byte> elements(4000);
  tests::ExpectRefused([&] { in.root().OpenDataset("x").Read(elements); }, {"x", "damaged"});
}

}  // namespace
}  // namespace datasets
