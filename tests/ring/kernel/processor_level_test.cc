#include "ring/kernel/processor_level.h"

#include "ring/kernel/vector.h"

#include <gtest/gtest.h>

#include <utility>

namespace ring {
namespace {

TEST(ProcessorLevelTest, TheBestLevelRunsHereAndNoneAboveItDoes) {
  EXPECT_TRUE(RunsHere(ProcessorLevel::kBaseline));
  EXPECT_TRUE(RunsHere(BestLevel()));
  for (const ProcessorLevel level : {ProcessorLevel::kV3, ProcessorLevel::kV4}) {
    EXPECT_EQ(RunsHere(level), level <= BestLevel());
  }
}

// Every vector holds the index of its first lane, counted from 1.
TEST(ProcessorLevelTest, ABodyIsBuiltForTheVectorsOfEachLevel) {
  const std::pair<ProcessorLevel, int> widths[] = {
      {ProcessorLevel::kBaseline, 16}, {ProcessorLevel::kV3, 32}, {ProcessorLevel::kV4, 64}};
  for (const auto& [level, bytes] : widths) {
    if (!RunsHere(level)) continue;
    alignas(64) float x[16] = {};
    int seen = 0;
    RunAt(
        level, [&]<int kVectorBytes>() __attribute__((always_inline)) {
          seen = kVectorBytes;
          using V = Vector<float, kVectorBytes>;
          for (int64_t i = 0; i < 16; i += kVectorLanes<V>)
            Store(V{} + static_cast<float>(i + 1), x + i);
        });
    EXPECT_EQ(seen, bytes);
    EXPECT_EQ(x[0], 1.0F);
    EXPECT_EQ(x[15], static_cast<float>(17 - bytes / 4));
  }
}

}  // namespace
}  // namespace ring
