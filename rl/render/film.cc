#include "rl/render/film.h"

#include "rl/render/contact_sheet.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

constexpr double kMaxFramesPerSecond = 50;
constexpr int kSheetColumns = 4;
constexpr int kSheetRows = 4;

}  // namespace

int FilmStride(double control_timestep) {
  // A timestep of 0.01 is a little more or less in binary; that must not cost a frame.
  const double steps = 1 / (kMaxFramesPerSecond * control_timestep);
  return std::max(1, static_cast<int>(std::ceil(steps - 1e-6)));
}

int64_t FilmLength(int64_t num_states, int stride) { return (num_states + stride - 1) / stride; }

bool FilmEpisode(const EpisodeStates& states, int stride, Renderer& renderer, VideoWriter& video,
                 const std::function<bool(int64_t)>& on_frame) {
  Frame frame;
  for (int64_t i = 0; i < FilmLength(states.size(), stride); ++i) {
    renderer.Draw(states[i * stride], frame);
    video.Write(frame);
    if (on_frame && !on_frame(i + 1)) return false;
  }
  video.Finish();
  return true;
}

Frame DrawContactSheet(const EpisodeStates& states, Renderer& renderer) {
  if (states.size() == 0) throw std::invalid_argument("the episode to draw has no states");
  std::vector<Frame> frames;
  for (const int64_t step : EvenlySpaced(states.size(), kSheetColumns * kSheetRows)) {
    renderer.Draw(states[step], frames.emplace_back());
  }
  return ArrangeInGrid(frames, kSheetColumns);
}

}  // namespace rl
