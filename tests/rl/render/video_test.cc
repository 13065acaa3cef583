#include "rl/render/video.h"

#include "datasets/replacement_file.h"
#include "tests/rl/render/path_variable.h"
#include "tests/rl/render/read_png.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr VideoOptions kTiny = {.width = 32, .height = 16, .frames_per_second = 40};

bool HasFfmpeg() { return std::system("command -v ffmpeg >/dev/null") == 0; }

void WriteFrames(VideoWriter& video, int count) {
  for (int i = 0; i < count; ++i) {
    Frame frame(kTiny.width, kTiny.height);
    for (uint8_t& value : frame.pixels) value = static_cast<uint8_t>(20 * i);
    video.Write(frame);
  }
}

size_t NumFiles(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

// ISO 14496-12: the file begins with a box of type ftyp.
TEST(VideoTest, AnMp4IsOneAndIsThereOnlyWhenFinished) {
  if (!HasFfmpeg()) GTEST_SKIP() << "skipped: no ffmpeg here";
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "walk.mp4";
  const std::unique_ptr<VideoWriter> video = OpenVideo(path, kTiny);
  WriteFrames(*video, 10);
  EXPECT_FALSE(std::filesystem::exists(path));
  video->Finish();
  const std::vector<std::byte> bytes = datasets::ReadWholeFile(path);
  ASSERT_GT(bytes.size(), 500u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()) + 4, 4), "ftyp");
  EXPECT_EQ(NumFiles(folder.path()), 1u);
}

TEST(VideoTest, AnMp4GivenUpLeavesNothing) {
  if (!HasFfmpeg()) GTEST_SKIP() << "skipped: no ffmpeg here";
  const tests::TemporaryFolder folder;
  { WriteFrames(*OpenVideo(folder.path() / "walk.mp4", kTiny), 3); }
  EXPECT_EQ(NumFiles(folder.path()), 0u);
}

TEST(VideoTest, WithoutFfmpegAnMp4IsRefusedAndLeavesNothing) {
  const tests::TemporaryFolder folder, empty;
  const tests::PathVariable path(empty.path().string());
  EXPECT_THAT([&] { OpenVideo(folder.path() / "walk.mp4", kTiny); },
              ThrowsMessage<std::runtime_error>(HasSubstr("apt-get install ffmpeg")));
  EXPECT_EQ(NumFiles(folder.path()), 0u);
}

TEST(VideoTest, AFolderGetsItsFramesInOrder) {
  const tests::TemporaryFolder folder, empty;
  const tests::PathVariable path(empty.path().string());  // needs no ffmpeg
  const std::unique_ptr<VideoWriter> video = OpenVideo(folder.path() / "frames/", kTiny);
  WriteFrames(*video, 3);
  video->Finish();
  EXPECT_EQ(NumFiles(folder.path() / "frames"), 3u);
  const Frame last = tests::ReadPng(folder.path() / "frames/frame_00002.png");
  EXPECT_EQ(last.width, kTiny.width);
  EXPECT_EQ(last.height, kTiny.height);
  EXPECT_EQ(last.pixels[0], 40);
}

TEST(VideoTest, AFolderWithFilesInItIsLeftAlone) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder.path() / "notes.txt") << "mine";
  EXPECT_THAT([&] { OpenVideo(folder.path().string() + "/", kTiny); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("is not empty")));
}

TEST(VideoTest, OtherNamesAndOddSizesAreRefused) {
  EXPECT_THAT([] { OpenVideo("walk.avi", kTiny); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("'walk.avi'"), HasSubstr(".mp4"), HasSubstr("ends in /"))));
  EXPECT_THROW(OpenVideo("", kTiny), std::invalid_argument);
  EXPECT_THAT([] { OpenVideo("walk.mp4", {.width = 33, .height = 16}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("33 x 16")));
}

}  // namespace
}  // namespace rl
