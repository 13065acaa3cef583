// An episode made visible: the film and the contact sheet of its states.
#ifndef RL_RENDER_FILM_H_
#define RL_RENDER_FILM_H_

#include "rl/render/episode_states.h"
#include "rl/render/frame.h"
#include "rl/render/renderer.h"
#include "rl/render/video.h"

#include <cstdint>
#include <functional>

namespace rl {

// Every how many steps a film has a frame. It plays in real time with at most 50 frames a second:
// more are not seen, and drawing is what takes the time.
int FilmStride(double control_timestep);

// Frames that FilmEpisode writes for an episode of that many states.
int64_t FilmLength(int64_t num_states, int stride);

// Draws every `stride`-th state and finishes the film. `on_frame` is told how many are done after
// each, and says whether to go on; when it says no the film is not finished, and false returned.
bool FilmEpisode(const EpisodeStates& states, int stride, Renderer& renderer, VideoWriter& video,
                 const std::function<bool(int64_t frames_done)>& on_frame = {});

// Sixteen moments at even distances, four by four. Throws std::invalid_argument for an episode
// without states.
Frame DrawContactSheet(const EpisodeStates& states, Renderer& renderer);

}  // namespace rl

#endif  // RL_RENDER_FILM_H_
