#include "rl/render/ffmpeg.h"

#include "tests/rl/render/path_variable.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A program called ffmpeg that does as told.
class FfmpegTest : public ::testing::Test {
 protected:
  void WriteProgram(const std::string& script) {
    const std::filesystem::path program = folder_.path() / "ffmpeg";
    std::ofstream(program) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }

  tests::TemporaryFolder folder_;
  tests::PathVariable path_{folder_.path().string() + ":/usr/bin:/bin"};
};

TEST_F(FfmpegTest, GetsItsArgumentsAndItsInputWhole) {
  const std::string output = folder_.path() / "output";
  WriteProgram("echo \"$2\" >\"$1\"; cat >>\"$1\"");
  FfmpegProcess ffmpeg({output, "a word; with $signs"});
  const std::vector<uint8_t> bytes(300'000, 'x');  // more than a socket holds
  ffmpeg.Write(bytes);
  ffmpeg.Finish();
  EXPECT_EQ(std::filesystem::file_size(output),
            std::string("a word; with $signs\n").size() + 300'000);
}

TEST_F(FfmpegTest, SaysWhatItSaidWhenItFailed) {
  WriteProgram("cat >/dev/null; echo no room >&2; exit 3");
  FfmpegProcess ffmpeg({});
  EXPECT_THAT([&] { ffmpeg.Finish(); },
              ThrowsMessage<std::runtime_error>("ffmpeg failed with status 3: no room"));
}

// Without care the first write after its end would raise SIGPIPE and end the test, without a word.
TEST_F(FfmpegTest, AnEarlyEndIsAnExceptionAndNotASignal) {
  WriteProgram("echo unknown encoder >&2; exit 1");
  FfmpegProcess ffmpeg({});
  const std::vector<uint8_t> bytes(4'000'000);
  EXPECT_THAT([&] { ffmpeg.Write(bytes); },
              ThrowsMessage<std::runtime_error>(HasSubstr("ffmpeg ended early")));
}

TEST_F(FfmpegTest, GivenUpItIsKilled) {
  WriteProgram("exec sleep 60");
  { const FfmpegProcess ffmpeg({}); }
  SUCCEED();  // a test that waits a minute passes its limit
}

TEST(FfmpegMissingTest, SaysWhatToInstall) {
  const tests::TemporaryFolder empty;
  const tests::PathVariable path(empty.path().string());
  EXPECT_THAT([] { FfmpegProcess({}); },
              ThrowsMessage<std::runtime_error>(
                  AllOf(HasSubstr("apt-get install ffmpeg"), HasSubstr("ends in /"))));
}

}  // namespace
}  // namespace rl
