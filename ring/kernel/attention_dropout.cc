#include "ring/kernel/attention_dropout.h"

#include "ring/kernel/counter_hash.h"
#include "ring/kernel/processor_level.h"
#include "ring/kernel/tile_product.h"

#include <algorithm>

namespace ring {
namespace {

constexpr int64_t kMaxLanes = kScoreLanes<float>;

// One row of a panel: lane i's hash is that of low[i] + key[i] and high[i].
struct HashRow {
  alignas(kPanelBytes) uint32_t low[kMaxLanes];
  alignas(kPanelBytes) uint32_t high[kMaxLanes];
  alignas(kPanelBytes) uint32_t key[kMaxLanes];
  int32_t threshold;  // kept when 31 bits of the hash are not below
};

template <typename T>
[[gnu::always_inline]] inline void DropRow(const HashRow& row, T scale, T* weight) {
  for (int lane = 0; lane < kScoreLanes<T>; ++lane) {
    const uint32_t hash = Scramble32(Scramble32(row.low[lane] + row.key[lane]) + row.high[lane]);
    weight[lane] *= static_cast<int32_t>(hash >> 1) >= row.threshold ? scale : T{0};
  }
}
RING_EVERY_CPU void DropOneRow(const HashRow& row, float scale, float* weight) {
  DropRow(row, scale, weight);
}
RING_EVERY_CPU void DropOneRow(const HashRow& row, double scale, double* weight) {
  DropRow(row, scale, weight);
}

HashRow EmptyRow(const DropoutPanel& panel) {
  HashRow row = {};
  row.threshold = static_cast<int32_t>(panel.probability * 0x1p31);
  return row;
}

}  // namespace

uint64_t HeadHash(const AttentionDropout& dropout, int64_t batch, int64_t query_head) {
  uint64_t hash = Scramble64(dropout.seed);
  for (const int64_t value :
       {dropout.layer, dropout.first_chain + batch, dropout.first_head + query_head}) {
    hash = Combine(hash, value);
  }
  return hash;
}

template <typename T>
void DropWithQueryLanes(const DropoutPanel& panel, T* weights) {
  const T scale = static_cast<T>(1.0 / (1.0 - panel.probability));
  HashRow row = EmptyRow(panel);
  for (int64_t lane = 0; lane < panel.num_lanes; ++lane) {
    const uint64_t hash = Combine(panel.head_hash, panel.lane_positions[lane]);
    row.low[lane] = static_cast<uint32_t>(hash);
    row.high[lane] = static_cast<uint32_t>(hash >> 32);
  }
  for (int64_t i = 0; i < panel.num_rows; ++i) {
    std::fill_n(row.key, kMaxLanes, static_cast<uint32_t>(panel.row_positions[i]));
    DropOneRow(row, scale, weights + i * kScoreLanes<T>);
  }
}

template <typename T>
void DropWithKeyLanes(const DropoutPanel& panel, T* weights) {
  const T scale = static_cast<T>(1.0 / (1.0 - panel.probability));
  HashRow row = EmptyRow(panel);
  for (int64_t lane = 0; lane < panel.num_lanes; ++lane) {
    row.key[lane] = static_cast<uint32_t>(panel.lane_positions[lane]);
  }
  for (int64_t i = 0; i < panel.num_rows; ++i) {
    const uint64_t hash = Combine(panel.head_hash, panel.row_positions[i]);
    std::fill_n(row.low, kMaxLanes, static_cast<uint32_t>(hash));
    std::fill_n(row.high, kMaxLanes, static_cast<uint32_t>(hash >> 32));
    DropOneRow(row, scale, weights + i * kScoreLanes<T>);
  }
}

template void DropWithQueryLanes(const DropoutPanel&, float*);
template void DropWithQueryLanes(const DropoutPanel&, double*);
template void DropWithKeyLanes(const DropoutPanel&, float*);
template void DropWithKeyLanes(const DropoutPanel&, double*);

}  // namespace ring
