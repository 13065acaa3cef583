#include "ring/kernel/visited_tiles.h"

#include "tests/ring/kernel/block_problem.h"

#include <gtest/gtest.h>

namespace ring {
namespace {

constexpr int64_t kTileSize = 8;

// Every tile with a visible pair is visited, and the chain of predecessors passes each visited
// tile.
void ExpectChain(const Mask& mask, int64_t num_keys, int64_t prefix) {
  const BlockVisibility visibility = VisibilityOf(mask, 5, num_keys, prefix);
  const VisitedTiles tiles = FindVisitedTiles(visibility, 1, 3, kTileSize);
  int32_t last = -1;
  for (int32_t tile = 0; tile * kTileSize < num_keys; ++tile) {
    bool any = false;
    for (int64_t query = 1; query < 4; ++query) {
      for (int64_t key = tile * kTileSize; key < std::min((tile + 1) * kTileSize, num_keys);
           ++key) {
        any = any || mask(query, key);
      }
    }
    EXPECT_TRUE(tiles.Visits(tile) || !any) << "tile " << tile;
    if (!tiles.Visits(tile)) continue;
    EXPECT_EQ(tiles.Previous(tile), last);
    last = tile;
  }
}

TEST(VisitedTilesTest, TilesFormAChain) {
  ExpectChain([](int64_t, int64_t) { return true; }, 37, 0);
  ExpectChain([](int64_t q, int64_t k) { return k <= 10 * q; }, 37, 0);
  ExpectChain([](int64_t q, int64_t k) { return k <= 16 + q && k > 14 + q; }, 37, 0);
  ExpectChain([](int64_t q, int64_t k) { return k < 9 || (k >= 30 && k < 33 + q); }, 61, 9);
  ExpectChain([](int64_t q, int64_t k) { return k < 9 || (k >= 10 && k < 33 + q); }, 61, 9);
  ExpectChain([](int64_t, int64_t k) { return k < 9; }, 61, 9);
  ExpectChain([](int64_t, int64_t) { return false; }, 37, 0);
}

TEST(VisitedTilesTest, FarTilesAreNotVisited) {
  const Mask window = [](int64_t q, int64_t k) { return k == 20 + q; };
  const VisitedTiles tiles = FindVisitedTiles(VisibilityOf(window, 5, 64), 1, 3, kTileSize);
  EXPECT_FALSE(tiles.Visits(1));
  EXPECT_TRUE(tiles.Visits(2));
  EXPECT_FALSE(tiles.Visits(3));
}

}  // namespace
}  // namespace ring
