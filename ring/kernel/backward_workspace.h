// What a backward pass works with: the arrays its threads share, the ones each has for itself, and
// the tiles they hold.
#ifndef RING_KERNEL_BACKWARD_WORKSPACE_H_
#define RING_KERNEL_BACKWARD_WORKSPACE_H_

#include "ring/kernel/block_attention.h"
#include "ring/kernel/tile_product.h"
#include "ring/kernel/token_rows.h"
#include "ring/kernel/visited_tiles.h"
#include "ring/kernel/workspace.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ring {

inline constexpr int64_t kBackwardQueryTile = 128;
inline constexpr int64_t kMaxBackwardKeyTile = 256;

// Keys of a tile. Queries and their gradients pass once by every tile of keys, so a large one saves
// trips to memory; it must fit the second-level cache of `cache_bytes` together with what is
// computed from it, and leave work for several threads. The number of threads has no say: results
// must not depend on it.
int64_t KeysPerBackwardTile(const BlockShape& shape, int64_t cache_bytes);

int64_t SecondLevelCacheBytes();  // of a core here; 0 where the system does not tell

// What one thread works in.
template <typename T>
struct BackwardScratch {
  // Of the tile of keys.
  T* key_tokens;  // panels of kLanes keys, D rows each
  T* value_tokens;
  T* key_channels;  // panels of kLanes channels, a row per key
  T* grad_keys;     // sums, a row of PadToLanes(D) per key
  T* grad_values;

  // Of the tile of queries.
  T* rows;  // converted to T
  T* grad_rows;
  T* query_channels;  // packed, where ReadChannels() packs
  T* grad_channels;
  T* grad_queries;  // what this tile of keys adds, a row of PadToLanes(D) per query

  T* scores;        // queries x kScoreLanes
  T* grad_weights;  // queries x kScoreLanes
  T* grad_scores;   // queries x keys

  // One line more than the keys, so that rows do not fall into the same set of the cache.
  static constexpr int64_t kGradScoreStride = kMaxBackwardKeyTile + kLanes<T>;

  static BackwardScratch Take(Workspace& workspace, int64_t head_dim, int64_t key_tile) {
    const int64_t padded_dim = PadToLanes<T>(head_dim);
    const int64_t packed = FillsPanels<T>(head_dim) ? 0 : kBackwardQueryTile * padded_dim;
    return {.key_tokens = workspace.Take<T>(key_tile * head_dim),
            .value_tokens = workspace.Take<T>(key_tile * head_dim),
            .key_channels = workspace.Take<T>(key_tile * padded_dim),
            .grad_keys = workspace.Take<T>(key_tile * padded_dim),
            .grad_values = workspace.Take<T>(key_tile * padded_dim),
            .rows = workspace.Take<T>(std::max(kBackwardQueryTile, key_tile) * head_dim),
            .grad_rows = workspace.Take<T>(kBackwardQueryTile * head_dim),
            .query_channels = workspace.Take<T>(packed),
            .grad_channels = workspace.Take<T>(packed),
            .grad_queries = workspace.Take<T>(kBackwardQueryTile * padded_dim),
            .scores = workspace.Take<T>(kBackwardQueryTile * kScoreLanes<T>),
            .grad_weights = workspace.Take<T>(kBackwardQueryTile * kScoreLanes<T>),
            .grad_scores = workspace.Take<T>(kBackwardQueryTile * kGradScoreStride)};
  }
};

template <typename T>
struct BackwardArrays {
  int64_t key_tile = 0;
  T* lse_log2 = nullptr;                    // (B, H, Q)
  T* scaled_delta = nullptr;                // (B, H, Q)
  int32_t* last_key_tile = nullptr;         // (B, H, query tiles) that added to dQ in this call
  int32_t* started = nullptr;               // (B, H, query tiles) whether dQ holds a sum yet
  VisitedTiles* visited = nullptr;          // (query tiles)
  std::vector<BackwardScratch<T>> scratch;  // [thread]

  void Take(const BlockShape& shape, Workspace& workspace) {
    const int64_t num_rows = shape.batch * shape.query_heads;
    const int64_t num_tiles = (shape.queries + kBackwardQueryTile - 1) / kBackwardQueryTile;
    key_tile = KeysPerBackwardTile(shape, SecondLevelCacheBytes());
    lse_log2 = workspace.Take<T>(num_rows * shape.queries);
    scaled_delta = workspace.Take<T>(num_rows * shape.queries);
    last_key_tile = workspace.Take<int32_t>(num_rows * num_tiles);
    started = workspace.Take<int32_t>(num_rows * num_tiles);
    visited = workspace.Take<VisitedTiles>(num_tiles);
    for (BackwardScratch<T>& each : scratch) {
      each = BackwardScratch<T>::Take(workspace, shape.head_dim, key_tile);
    }
  }
};

// One call of Attend.
struct BackwardBlock {
  const at::Tensor& k_BGKD;
  const at::Tensor& v_BGKD;
  const BlockVisibility& visibility;
  at::Tensor& grad_k_BGKD;
  at::Tensor& grad_v_BGKD;
};

struct BackwardKeyTile {
  int64_t batch = 0;
  int64_t head = 0;  // of keys
  int32_t index = 0;
  int64_t begin = 0;
  int64_t count = 0;
};

// The queries of a tile that see some key of a tile of keys.
template <typename T>
struct BackwardQueryTile {
  int64_t head = 0;
  int64_t begin = 0;
  int64_t count = 0;
  Rows<T> queries;
  Rows<T> grads;
  ChannelPanels<T> query_channels;
  ChannelPanels<T> grad_channels;
  const T* lse_log2 = nullptr;      // [query of the whole head]
  const T* scaled_delta = nullptr;  // [query of the whole head]
};

}  // namespace ring

#endif  // RING_KERNEL_BACKWARD_WORKSPACE_H_
