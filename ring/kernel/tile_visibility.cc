#include "ring/kernel/tile_visibility.h"

#include "ring/kernel/tile_product.h"

#include <algorithm>
#include <limits>

namespace ring {

SeenRows FindSeenRows(const IndexRange* rows_of_lane, int64_t num_lanes, const RowWindow& window) {
  const int64_t first = window.first, last = window.first + window.count;
  const int64_t prefix = std::clamp(window.prefix, first, last);
  int64_t begin = last, end = first, everyone_from = first, everyone_to = last;
  for (int64_t lane = 0; lane < num_lanes; ++lane) {
    const int64_t from = std::clamp<int64_t>(rows_of_lane[lane].begin, prefix, last);
    const int64_t to = std::clamp<int64_t>(rows_of_lane[lane].end, from, last);
    if (to > from) {
      begin = std::min(begin, from);
      end = std::max(end, to);
    }
    everyone_from = std::max(everyone_from, from);
    everyone_to = std::min(everyone_to, to);
  }
  if (prefix > first) {
    begin = first;
    end = std::max(end, prefix);
  }
  if (end <= begin) return {};
  // A prefix joins the ranges without a gap only if they start where it ends.
  const bool whole =
      prefix >= end || (everyone_to >= end && everyone_from <= std::max(begin, prefix));
  return {.begin = begin, .end = end, .whole = whole};
}

template <typename T>
void HideUnseen(const IndexRange* lanes_of_row, int64_t num_rows, int64_t first_lane,
                int64_t prefix, T* score) {
  constexpr int kNumLanes = static_cast<int>(kScoreLanes<T>);
  const auto lane_of = [&](int64_t token) {
    return static_cast<int>(std::clamp<int64_t>(token - first_lane, 0, kNumLanes));
  };
  const int always = lane_of(prefix);
  for (int64_t row = 0; row < num_rows; ++row, score += kNumLanes) {
    const int begin = lane_of(lanes_of_row[row].begin), end = lane_of(lanes_of_row[row].end);
    for (int lane = 0; lane < kNumLanes; ++lane) {
      const bool seen = lane < always || (lane >= begin && lane < end);
      score[lane] = seen ? score[lane] : -std::numeric_limits<T>::infinity();
    }
  }
}

template void HideUnseen(const IndexRange*, int64_t, int64_t, int64_t, float*);
template void HideUnseen(const IndexRange*, int64_t, int64_t, int64_t, double*);

}  // namespace ring
