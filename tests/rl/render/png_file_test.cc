#include "rl/render/png_file.h"

#include "datasets/replacement_file.h"
#include "tests/rl/render/read_png.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace rl {
namespace {

Frame Gradient(int width, int height) {
  Frame frame(width, height);
  for (size_t i = 0; i < frame.pixels.size(); ++i) frame.pixels[i] = static_cast<uint8_t>(7 * i);
  return frame;
}

TEST(PngFileTest, ReadsBackAsThePixelsThatWereWritten) {
  const tests::TemporaryFolder folder;
  const Frame frame = Gradient(13, 5);
  WritePng(folder.path() / "gradient.png", frame);
  const Frame read = tests::ReadPng(folder.path() / "gradient.png");
  EXPECT_EQ(read.width, 13);
  EXPECT_EQ(read.height, 5);
  EXPECT_EQ(read.pixels, frame.pixels);
}

// By the PNG specification, section 5.2 and 11.2.2: signature, then IHDR with the size, big-endian.
TEST(PngFileTest, BeginsWithSignatureAndSize) {
  const std::vector<std::byte> bytes = EncodePng(Gradient(258, 3));
  const unsigned char expected[] = {137, 80,  78,  71,  13, 10, 26, 10, 0, 0, 0, 13,
                                    'I', 'H', 'D', 'R', 0,  0,  1,  2,  0, 0, 0, 3};
  ASSERT_GT(bytes.size(), sizeof(expected));
  for (size_t i = 0; i < sizeof(expected); ++i) {
    EXPECT_EQ(std::to_integer<unsigned>(bytes[i]), expected[i]) << "byte " << i;
  }
}

TEST(PngFileTest, SaysWhereItCannotWrite) {
  EXPECT_THROW(WritePng("no/such/folder/frame.png", Gradient(2, 2)), std::runtime_error);
}

}  // namespace
}  // namespace rl
