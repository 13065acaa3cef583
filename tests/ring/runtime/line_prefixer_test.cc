#include "ring/runtime/line_prefixer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace ring {
namespace {

class LinePrefixerTest : public ::testing::Test {
 protected:
  LinePrefixerTest() { fcntl(out_[0], F_SETFL, O_NONBLOCK); }
  ~LinePrefixerTest() override {
    for (const int fd : {in_[0], in_[1], out_[0], out_[1]}) close(fd);
  }

  void Put(const std::string& text) {
    ASSERT_EQ(write(in_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    prefixer_.PassOn(in_[0]);
  }
  std::string Came() {
    char buffer[4096];
    const ssize_t count = read(out_[0], buffer, sizeof(buffer));
    return count > 0 ? std::string(buffer, static_cast<size_t>(count)) : "";
  }

  static std::array<int, 2> Pipe() {
    std::array<int, 2> ends;
    if (pipe(ends.data()) != 0) std::abort();
    return ends;
  }

  std::array<int, 2> in_ = Pipe(), out_ = Pipe();
  LinePrefixer prefixer_ = LinePrefixer("[1] ", out_[1]);
};

TEST_F(LinePrefixerTest, EveryLineGetsItsPrefixOnceItIsWhole) {
  Put("one\ntw");
  EXPECT_EQ(Came(), "[1] one\n");
  Put("o\n\nthree");
  EXPECT_EQ(Came(), "[1] two\n[1] \n");
  prefixer_.Finish();
  EXPECT_EQ(Came(), "[1] three\n");
  prefixer_.Finish();
  EXPECT_EQ(Came(), "");
}

TEST_F(LinePrefixerTest, SeesTheEnd) {
  EXPECT_FALSE(prefixer_.at_end());
  close(in_[1]);
  in_[1] = dup(0);
  prefixer_.PassOn(in_[0]);
  EXPECT_TRUE(prefixer_.at_end());
}

TEST_F(LinePrefixerTest, NoStreamIsAtItsEnd) {
  prefixer_.PassOn(-1);
  EXPECT_TRUE(prefixer_.at_end());
}

}  // namespace
}  // namespace ring
