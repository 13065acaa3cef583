#include "ring/kernel/cuda_pieces.h"

#include "tests/ring/kernel/block_problem.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace ring {
namespace {

// How often each pair is visible in the pieces.
std::vector<int> Counts(const std::vector<AttentionPiece>& pieces,
                        const BlockVisibility& visibility) {
  const auto num_keys = static_cast<size_t>(visibility.num_keys());
  std::vector<int> counts(static_cast<size_t>(visibility.num_queries()) * num_keys, 0);
  for (const AttentionPiece& piece : pieces) {
    for (int32_t q = piece.queries.begin; q < piece.queries.end; ++q) {
      const IndexRange& own = visibility.keys_of_query[static_cast<size_t>(q)];
      for (int32_t k = piece.keys.begin; k < piece.keys.end; ++k) {
        const bool seen =
            piece.kind == PieceKind::kFull ||
            (piece.kind == PieceKind::kCausal ? k - piece.keys.begin <= q - piece.queries.begin
                                              : k >= own.begin && k < own.end);
        counts[static_cast<size_t>(q) * num_keys + static_cast<size_t>(k)] += seen ? 1 : 0;
      }
    }
  }
  return counts;
}

std::vector<int> Counts(const BlockVisibility& visibility) {
  const auto num_keys = static_cast<size_t>(visibility.num_keys());
  std::vector<int> counts(static_cast<size_t>(visibility.num_queries()) * num_keys, 0);
  for (size_t q = 0; q < visibility.keys_of_query.size(); ++q) {
    const IndexRange& own = visibility.keys_of_query[q];
    for (int32_t k = 0; k < visibility.num_keys(); ++k) {
      const bool seen = k < visibility.num_prefix_keys || (k >= own.begin && k < own.end);
      counts[q * num_keys + static_cast<size_t>(k)] = seen ? 1 : 0;
    }
  }
  return counts;
}

// Ranges whose ends ascend by random steps, in stretches that often are runs.
BlockVisibility RandomVisibility(std::mt19937_64& random) {
  const auto draw = [&](int below) { return static_cast<int32_t>(random() % below); };
  BlockVisibility visibility;
  const int32_t num_queries = 1 + draw(400);
  const int32_t num_keys = 1 + draw(300);
  visibility.num_prefix_keys = draw(4) == 0 ? draw(num_keys + 1) : 0;
  IndexRange range{visibility.num_prefix_keys, visibility.num_prefix_keys + draw(20)};
  int32_t begin_step = 0, end_step = 1, until = 0;
  for (int32_t q = 0; q < num_queries; ++q) {
    if (q == until) {
      begin_step = draw(3);
      end_step = draw(3);
      until = q + 1 + draw(90);
    }
    range.end = std::clamp(range.end, range.begin, num_keys);
    visibility.keys_of_query.push_back(range);
    range.end += end_step;
    range.begin = std::min(range.begin + begin_step, std::min(range.end, num_keys));
  }
  visibility.queries_of_key.resize(static_cast<size_t>(num_keys));
  return visibility;
}

TEST(CudaPiecesTest, HoldEveryVisiblePairOnce) {
  std::mt19937_64 random(301);
  for (int trial = 0; trial < 500; ++trial) {
    const BlockVisibility visibility = RandomVisibility(random);
    const std::vector<AttentionPiece> pieces = CutIntoPieces(visibility);
    ASSERT_EQ(Counts(pieces, visibility), Counts(visibility)) << trial;
    for (const AttentionPiece& piece : pieces) {
      const int32_t queries = piece.queries.end - piece.queries.begin;
      const int32_t keys = piece.keys.end - piece.keys.begin;
      ASSERT_GT(queries, 0);
      ASSERT_GT(keys, 0);
      ASSERT_TRUE(piece.kind != PieceKind::kCausal || queries == keys);
      ASSERT_TRUE(piece.kind != PieceKind::kMasked || queries <= kMaskedQueries);
    }
  }
}

// Chunk 1 and chunk 6 of eight of 64 tokens, as a rank of a zigzag ring of four holds them, and the
// keys of the rank with chunks 2 and 5; then its own.
TEST(CudaPiecesTest, ACausalMaskNeedsNoBiasOverAZigzagRing) {
  const auto position = [](int64_t index, int64_t early, int64_t late) {
    return index < 64 ? early * 64 + index : late * 64 + index - 64;
  };
  const auto others = VisibilityOf(
      [&](int64_t q, int64_t k) { return position(k, 2, 5) <= position(q, 1, 6); }, 128, 128);
  EXPECT_THAT(CutIntoPieces(others),
              testing::ElementsAre(AttentionPiece{{64, 128}, {0, 128}, PieceKind::kFull}));
  const auto own = VisibilityOf(
      [&](int64_t q, int64_t k) { return position(k, 1, 6) <= position(q, 1, 6); }, 128, 128);
  EXPECT_THAT(CutIntoPieces(own),
              testing::ElementsAre(AttentionPiece{{0, 128}, {0, 128}, PieceKind::kCausal}));
}

TEST(CudaPiecesTest, ABiasHidesWhatIsNotVisible) {
  const auto visibility =
      VisibilityOf([](int64_t q, int64_t k) { return k <= q && k > q - 3; }, 10, 10);
  const AttentionPiece piece{{4, 8}, {1, 6}, PieceKind::kMasked};
  const PieceMask mask = MaskOf(piece, visibility, at::TensorOptions().dtype(at::kFloat));
  ASSERT_EQ(mask.bias_QK.sizes(), (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(mask.bias_QK.stride(0) % 16, 0);
  for (int64_t q = 4; q < 8; ++q) {
    for (int64_t k = 1; k < 6; ++k) {
      const bool visible = k <= q && k > q - 3;
      EXPECT_EQ(mask.bias_QK[q - 4][k - 1].item<float>(),
                visible ? 0 : -std::numeric_limits<float>::infinity());
    }
  }
  // Query 7 sees keys 5 to 7; query 8 would see none of the piece's.
  EXPECT_TRUE(mask.sees_Q.all().item<bool>());
  const PieceMask next = MaskOf({{7, 9}, {1, 6}, PieceKind::kMasked}, visibility, at::kFloat);
  EXPECT_TRUE(next.sees_Q[0].item<bool>());
  EXPECT_FALSE(next.sees_Q[1].item<bool>());
}

}  // namespace
}  // namespace ring
