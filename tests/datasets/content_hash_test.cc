#include "datasets/content_hash.h"

#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

namespace datasets {
namespace {

// Two episodes of one and two steps.
EpisodeTensors TwoEpisodes() {
  EpisodeTensors episodes;
  episodes.observation_NO = at::arange(10, at::kFloat).view({5, 2});
  episodes.action_NA = at::arange(3, at::kFloat).view({3, 1});
  episodes.reward_N = at::arange(3, at::kFloat);
  episodes.num_steps = {1, 2};
  return episodes;
}

// hashlib.sha256(np.array([1, 2], "<i8").tobytes() + np.arange(10, dtype="<f4").tobytes()
//                + 2 * np.arange(3, dtype="<f4").tobytes()).hexdigest()
TEST(ContentHashTest, IsWhatPythonMakesOfTheSameArrays) {
  EXPECT_EQ(ContentHash(TwoEpisodes()),
            "b081bb6a5493b270da3785741c90a1db82821a7d253868baa50cd731923dfe46");
}

TEST(ContentHashTest, ChangesWithAnyNumberAndWithTheLengths) {
  const std::string hash = ContentHash(TwoEpisodes());
  EpisodeTensors episodes = TwoEpisodes();
  episodes.reward_N[2] = 2.0000002;
  EXPECT_NE(ContentHash(episodes), hash);
  episodes = TwoEpisodes();
  episodes.num_steps = {2, 1};
  EXPECT_NE(ContentHash(episodes), hash);
}

}  // namespace
}  // namespace datasets
