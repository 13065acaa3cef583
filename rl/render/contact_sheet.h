// An episode on one page: pictures at even distances in time, side by side.
#ifndef RL_RENDER_CONTACT_SHEET_H_
#define RL_RENDER_CONTACT_SHEET_H_

#include "rl/render/frame.h"

#include <cstdint>
#include <span>
#include <vector>

namespace rl {

// `picks` of the indices 0 .. count - 1 at even distances, the first and the last among them; all
// of them when there are no more than that.
std::vector<int64_t> EvenlySpaced(int64_t count, int64_t picks);

// The frames row by row in a grid of `columns`, a thin white line between and none around. Cells
// that no frame fills are white. REQUIRES: at least one frame, all of one size.
Frame ArrangeInGrid(std::span<const Frame> frames, int columns);

}  // namespace rl

#endif  // RL_RENDER_CONTACT_SHEET_H_
