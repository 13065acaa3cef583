#include "rl/render/episode_states.h"

#include "rl/env/environment.h"
#include "rl/env/physics.h"

namespace rl {

void StateRecorder::Record(const Environment& environment) {
  const Physics& physics = environment.physics();
  if (environment.step() == 0) {
    episodes_.push_back({.state_dim = physics.state_dim()});
  } else if (episodes_.empty() || episodes_.back().size() != environment.step()) {
    return;  // no step since the last call, or it was not called from the start
  }
  if (physics.diverged()) return;
  std::vector<double>& values = episodes_.back().values;
  const size_t filled = values.size();
  values.resize(filled + static_cast<size_t>(physics.state_dim()));
  physics.GetState(std::span(values).subspan(filled));
}

}  // namespace rl
