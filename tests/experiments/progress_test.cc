#include "experiments/progress.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>

namespace experiments {
namespace {

using std::chrono::seconds;

// Everything written to a stream that is no terminal.
class ProgressTest : public ::testing::Test {
 protected:
  ProgressTest() : file_(std::tmpfile(), &std::fclose) {}

  std::string Written() {
    std::fflush(file_.get());
    std::rewind(file_.get());
    std::string text(4096, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file_.get()));
    return text;
  }

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

TEST_F(ProgressTest, SaysWhatIsDoneHowFastAndWhatIsLeft) {
  const Progress progress("training", 400, "steps", {.stream = file_.get()});
  EXPECT_EQ(progress.Format(100, "loss 0.02", seconds(50)),
            "training  100/400  25 %  loss 0.02  2.00 steps/s  about 2 min 30 s left");
  EXPECT_EQ(progress.Format(400, "", seconds(200)),
            "training  400/400  100 %  2.00 steps/s  3 min 20 s");
}

TEST_F(ProgressTest, KeepsSilentAboutATotalItDoesNotKnow) {
  const Progress progress("reading", 0, "files", {.stream = file_.get()});
  EXPECT_EQ(progress.Format(7, "", seconds(1)), "reading  7  7.00 files/s");
  EXPECT_EQ(progress.Format(0, "", seconds(0)), "reading  0");
}

TEST_F(ProgressTest, PrintsNoLineBeforeItsIntervalIsOver) {
  Progress progress("training", 10, "steps", {.stream = file_.get()});
  progress.Update(1);
  progress.Update(2);
  EXPECT_EQ(Written(), "");
}

TEST_F(ProgressTest, PrintsWholeLinesWhereThereIsNoTerminal) {
  Progress progress("training", 10, "steps",
                    {.stream = file_.get(), .line_interval = std::chrono::milliseconds(0)});
  progress.Update(5, "half");
  progress.Print("a line between");
  const std::string text = Written();
  EXPECT_EQ(text.substr(0, 28), "training  5/10  50 %  half  ");
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_TRUE(text.ends_with("\na line between\n"));
}

TEST_F(ProgressTest, ShowsTheLastStateWhenFinished) {
  Progress progress("training", 10, "steps", {.stream = file_.get()});
  progress.Update(10);
  progress.Finish("done");
  EXPECT_EQ(Written().substr(0, 30), "training  10/10  100 %  done  ");
}

TEST(FormatDurationTest, PicksTheUnit) {
  EXPECT_EQ(FormatDuration(4.24), "4.2 s");
  EXPECT_EQ(FormatDuration(59.4), "59 s");
  EXPECT_EQ(FormatDuration(200), "3 min 20 s");
  EXPECT_EQ(FormatDuration(7500), "2 h 5 min");
}

TEST(FormatBytesTest, PicksTheUnit) {
  EXPECT_EQ(FormatBytes(812), "812 B");
  EXPECT_EQ(FormatBytes(3.42e6), "3.4 MB");
  EXPECT_EQ(FormatBytes(999.9e6), "1.0 GB");
}

}  // namespace
}  // namespace experiments
