// The arithmetic of backward: a panel of keys against a tile of queries.
//
//   S = Q K^T       P = 2^(S - lse)          dV += P^T dO
//   dP = dO V^T     dS = P (dP - Delta)      dK += dS^T Q
#ifndef RING_KERNEL_BACKWARD_PANEL_H_
#define RING_KERNEL_BACKWARD_PANEL_H_

#include "ring/kernel/backward_workspace.h"
#include "ring/kernel/block_attention.h"
#include "ring/kernel/tile_visibility.h"

#include <cstdint>

namespace ring {

// Keys [first, first + lanes) of a tile, at most kScoreLanes, with the queries that see one of
// them.
template <typename T>
struct BackwardPanel {
  const BlockVisibility& visibility;
  const BlockAttentionOptions& options;
  const BackwardKeyTile& keys;
  const BackwardQueryTile<T>& queries;
  const BackwardScratch<T>& scratch;
  int64_t head_dim;
  int64_t first;
  int64_t lanes;
  SeenRows seen;

  // Queries of the tile before the first that takes part; all of them if none does.
  int64_t skipped() const { return seen.count() == 0 ? queries.count : seen.begin - queries.begin; }
};

// Adds to the scratch's gradients of keys and values, and writes the panel's columns of dS.
template <typename T>
void AttendPanel(const BackwardPanel<T>& panel);

}  // namespace ring

#endif  // RING_KERNEL_BACKWARD_PANEL_H_
