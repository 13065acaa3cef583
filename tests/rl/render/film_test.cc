#include "rl/render/film.h"

#include "tests/rl/env/test_data.h"
#include "tests/rl/render/test_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace rl {
namespace {

using ::testing::ElementsAre;

constexpr RendererOptions kSmall = {
    .width = 32, .height = 24, .shadows = false, .reflections = false, .samples = 0};

// Cartpole's pole turning by a tenth of a radian a step.
EpisodeStates TurningPole(int num_states) {
  EpisodeStates states{.state_dim = 4};
  for (int i = 0; i < num_states; ++i) {
    states.values.insert(states.values.end(), {0, 0.1 * i, 0, 0});
  }
  return states;
}

class FramesInMemory : public VideoWriter {
 public:
  void Write(const Frame& frame) override { frames.push_back(frame); }
  void Finish() override { finished = true; }

  std::vector<Frame> frames;
  bool finished = false;
};

TEST(FilmTest, PlaysInRealTimeWithAtMostFiftyFramesASecond) {
  EXPECT_EQ(FilmStride(0.04), 1);
  EXPECT_EQ(FilmStride(0.025), 1);
  EXPECT_EQ(FilmStride(0.02), 1);
  EXPECT_EQ(FilmStride(0.01), 2);
  EXPECT_EQ(FilmStride(0.005), 4);
  EXPECT_EQ(FilmStride(0.015), 2);
}

TEST(FilmTest, HasAFrameForEveryStrideIncludingTheFirst) {
  EXPECT_EQ(FilmLength(1001, 1), 1001);
  EXPECT_EQ(FilmLength(1001, 2), 501);
  EXPECT_EQ(FilmLength(4, 3), 2);
  EXPECT_EQ(FilmLength(0, 3), 0);
}

class FilmDrawingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (tests::DrawingContext() == nullptr) GTEST_SKIP() << tests::kNoOpenGl;
  }
  static Renderer Make() {
    return Renderer(*tests::DrawingContext(), "cartpole_balance", tests::Assets(), kSmall);
  }
};

TEST_F(FilmDrawingTest, ShowsEveryStrideOfTheStatesAndEnds) {
  Renderer renderer = Make();
  FramesInMemory video;
  std::vector<int64_t> told;
  const EpisodeStates states = TurningPole(5);
  EXPECT_TRUE(FilmEpisode(states, 2, renderer, video, [&](int64_t done) {
    told.push_back(done);
    return true;
  }));
  EXPECT_TRUE(video.finished);
  EXPECT_THAT(told, ElementsAre(1, 2, 3));
  ASSERT_EQ(video.frames.size(), 3u);
  Frame fourth;
  renderer.Draw(states[4], fourth);
  EXPECT_EQ(video.frames[2].pixels, fourth.pixels);
  EXPECT_NE(video.frames[0].pixels, video.frames[1].pixels);
}

TEST_F(FilmDrawingTest, StopsWhenToldToAndLeavesTheFilmUnfinished) {
  Renderer renderer = Make();
  FramesInMemory video;
  EXPECT_FALSE(
      FilmEpisode(TurningPole(5), 1, renderer, video, [](int64_t done) { return done < 2; }));
  EXPECT_EQ(video.frames.size(), 2u);
  EXPECT_FALSE(video.finished);
}

TEST_F(FilmDrawingTest, ASheetShowsSixteenMomentsFourByFour) {
  Renderer renderer = Make();
  const Frame sheet = DrawContactSheet(TurningPole(40), renderer);
  EXPECT_EQ(sheet.width, 4 * 32 + 3 * 2);
  EXPECT_EQ(sheet.height, 4 * 24 + 3 * 2);
  EXPECT_THROW(DrawContactSheet({}, renderer), std::invalid_argument);
}

}  // namespace
}  // namespace rl
