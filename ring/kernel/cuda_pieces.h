// Cuts what a block of queries sees of a block of keys into rectangles for fused kernels.
//
// The fused kernels of a GPU know three kinds of rectangle: all of it is visible, it is a square
// and causal, or an additive bias says which pairs are. The first two are free; a bias costs memory
// and is read at every visit. So long runs of queries that see the same keys, or one key more each
// than the query before, become the first two; that is everything under a causal mask, whatever
// the layout. Only the edges of windows and documents get a bias, a few queries at a time, so that
// no matrix of the whole block is ever made.
#ifndef RING_KERNEL_CUDA_PIECES_H_
#define RING_KERNEL_CUDA_PIECES_H_

#include "ring/kernel/block_visibility.h"

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

#include <vector>

namespace ring {

enum class PieceKind {
  kFull,    // every query sees every key
  kCausal,  // as many keys as queries; the i-th query sees the first i + 1
  kMasked,  // keys_of_query, cut to the piece, says what each sees; it may be nothing
};

struct AttentionPiece {
  IndexRange queries;
  IndexRange keys;
  PieceKind kind = PieceKind::kFull;

  bool operator==(const AttentionPiece&) const = default;
};

// Queries that share a bias, at most.
inline constexpr int32_t kMaskedQueries = 128;

// Pieces that hold every visible pair once. None is empty, and masked ones have at most
// kMaskedQueries queries.
std::vector<AttentionPiece> CutIntoPieces(const BlockVisibility& visibility);

// The bias of a masked piece and which of its queries see any of its keys at all.
struct PieceMask {
  at::Tensor bias_QK;  // 0 where visible, else -infinity; rows lie a multiple of 16 elements apart
  at::Tensor sees_Q;   // bool
};

// REQUIRES: the piece is masked. `options` are the bias's type and device.
PieceMask MaskOf(const AttentionPiece& piece, const BlockVisibility& visibility,
                 const at::TensorOptions& options);

}  // namespace ring

#endif  // RING_KERNEL_CUDA_PIECES_H_
