#include "rl/render/contact_sheet.h"

#include <algorithm>
#include <stdexcept>

namespace rl {
namespace {

constexpr int kLine = 2;  // pixels between cells
constexpr uint8_t kWhite = 255;

}  // namespace

std::vector<int64_t> EvenlySpaced(int64_t count, int64_t picks) {
  picks = std::min(count, picks);
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < picks; ++i) {
    indices.push_back(picks == 1 ? 0 : (i * (count - 1) + (picks - 1) / 2) / (picks - 1));
  }
  return indices;
}

Frame ArrangeInGrid(std::span<const Frame> frames, int columns) {
  if (frames.empty() || columns < 1) throw std::logic_error("a grid needs a frame and a column");
  const Frame& first = frames[0];
  const int count = static_cast<int>(frames.size());
  columns = std::min(columns, count);
  const int rows = (count + columns - 1) / columns;
  Frame sheet(columns * (first.width + kLine) - kLine, rows * (first.height + kLine) - kLine);
  std::ranges::fill(sheet.pixels, kWhite);
  for (int i = 0; i < count; ++i) {
    const Frame& frame = frames[static_cast<size_t>(i)];
    if (frame.width != first.width || frame.height != first.height) {
      throw std::logic_error("frames of a grid must be of one size");
    }
    const int top = i / columns * (first.height + kLine);
    const size_t left = 3 * static_cast<size_t>(i % columns * (first.width + kLine));
    for (int y = 0; y < frame.height; ++y) {
      std::copy_n(frame.row(y), frame.row_bytes(), sheet.row(top + y) + left);
    }
  }
  return sheet;
}

}  // namespace rl
