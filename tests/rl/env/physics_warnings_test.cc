#include "rl/env/physics_warnings.h"

#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "rl/env/vector_environment.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <vector>

namespace rl {
namespace {

TEST(PhysicsWarningsTest, AddAndSubtractKindByKind) {
  PhysicsWarnings sum{.counts = {1, 2, 0, 0, 0, 0, 7}};
  const PhysicsWarnings before = sum;
  sum += PhysicsWarnings{.counts = {0, 3, 0, 0, 0, 1, 0}};
  EXPECT_EQ(sum[WarningKind::kContactsFull], 5);
  EXPECT_EQ(sum - before, (PhysicsWarnings{.counts = {0, 3, 0, 0, 0, 1, 0}}));
}

TEST(PhysicsWarningsTest, OnlyBadNumbersMeanThatTheSimulationDiverged) {
  EXPECT_FALSE(MeansDivergence(WarningKind::kSingularInertia));
  EXPECT_FALSE(MeansDivergence(WarningKind::kContactsFull));
  EXPECT_FALSE(MeansDivergence(WarningKind::kConstraintsFull));
  EXPECT_TRUE(MeansDivergence(WarningKind::kBadPosition));
  EXPECT_TRUE(MeansDivergence(WarningKind::kBadControl));
  EXPECT_EQ(WarningName(WarningKind::kContactsFull), "too many contacts");
}

TEST(PhysicsWarningsTest, ADivergenceIsCountedOnceAndSurvivesTheReset) {
  Physics physics(LoadTask("walker_walk", tests::Assets()).models);
  EXPECT_EQ(physics.warnings(), PhysicsWarnings{});
  physics.mutable_velocities()[4] = 1e12;
  physics.Step();
  ASSERT_TRUE(physics.diverged());
  const PhysicsWarnings after = physics.warnings();
  EXPECT_EQ(after[WarningKind::kBadVelocity] + after[WarningKind::kBadAcceleration] +
                after[WarningKind::kBadPosition],
            1);
  physics.Reset();
  physics.Step();
  EXPECT_FALSE(physics.diverged());
  EXPECT_EQ(physics.warnings(), after);
}

// The warnings are raised by hand: MuJoCo's buffers grow with the model and are hard to fill.
TEST(PhysicsWarningsTest, AFullBufferIsCountedAndIsNoDivergence) {
  Physics physics(LoadTask("walker_walk", tests::Assets()).models);
  for (int step = 0; step < 3; ++step) {
    mj_warning(&physics.mutable_data(), mjWARN_CNSTRFULL, 7);
    physics.Step();
  }
  physics.Step();
  EXPECT_EQ(physics.warnings()[WarningKind::kConstraintsFull], 3);
  EXPECT_EQ(physics.warnings()[WarningKind::kContactsFull], 0);
  EXPECT_FALSE(physics.diverged());
}

TEST(PhysicsWarningsTest, EnvironmentsAddUp) {
  VectorEnvironment environments(
      {.task = "walker_walk", .assets = tests::Assets(), .num_environments = 3});
  std::vector<float> observations(3 * 24), rewards(3);
  std::vector<uint8_t> last(3);
  environments.Reset(std::vector<uint64_t>{1, 2, 3}, observations);
  for (const int index : {0, 2}) {
    environments.environment(index).physics().mutable_velocities()[4] = 1e12;
  }
  environments.Step(std::vector<float>(18), observations, rewards, last);
  int64_t total = 0;
  for (const int64_t count : environments.warnings().counts) total += count;
  EXPECT_EQ(total, 2);
}

}  // namespace
}  // namespace rl
