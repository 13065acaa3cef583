// One picture: rows from top to bottom, three bytes a pixel.
#ifndef RL_RENDER_FRAME_H_
#define RL_RENDER_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rl {

struct Frame {
  Frame() = default;
  Frame(int frame_width, int frame_height)
      : width(frame_width),
        height(frame_height),
        pixels(3 * static_cast<size_t>(frame_width) * static_cast<size_t>(frame_height)) {}

  size_t row_bytes() const { return 3 * static_cast<size_t>(width); }
  uint8_t* row(int y) { return pixels.data() + static_cast<size_t>(y) * row_bytes(); }
  const uint8_t* row(int y) const { return pixels.data() + static_cast<size_t>(y) * row_bytes(); }

  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;  // red, green, blue
};

}  // namespace rl

#endif  // RL_RENDER_FRAME_H_
