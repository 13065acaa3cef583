#include "rl/train/training_meter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace rl {
namespace {

double Find(const Metrics& metrics, const std::string& name) {
  for (const auto& [key, value] : metrics) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no metric " << name;
  return std::nan("");
}

TEST(TrainingMeterTest, ARowHoldsMeansTotalsAndRates) {
  TrainingMeter meter;
  meter.Add({{"loss", 1.0}, {"tokens", 100}}, /*seconds=*/0.5);
  meter.Add({{"loss", 3.0}, {"tokens", 300}}, /*seconds=*/1.5);
  const Metrics row = meter.Row();
  EXPECT_EQ(row[0].first, "loss");
  EXPECT_EQ(Find(row, "loss"), 2.0);
  EXPECT_EQ(Find(row, "tokens"), 400);
  EXPECT_EQ(Find(row, "tokens_per_second"), 200);
  EXPECT_EQ(Find(row, "train_steps_per_second"), 1);
  EXPECT_GT(Find(row, "peak_memory_mib"), 0);
}

TEST(TrainingMeterTest, MeansStartAfreshWithEveryRowAndTotalsGoOn) {
  TrainingMeter meter;
  meter.Add({{"loss", 1.0}, {"tokens", 100}}, 1);
  meter.Row();
  meter.Add({{"loss", 5.0}, {"tokens", 100}}, 1);
  const Metrics row = meter.Row();
  EXPECT_EQ(Find(row, "loss"), 5.0);
  EXPECT_EQ(Find(row, "tokens"), 200);
}

// As the losses of an actor that moves in every second update.
TEST(TrainingMeterTest, AMetricIsAveragedOverTheUpdatesThatHadIt) {
  TrainingMeter meter;
  meter.Add({{"loss", 1.0}}, 1);
  meter.Add({{"loss", 2.0}, {"actor_loss", 5.0}}, 1);
  const Metrics row = meter.Row();
  EXPECT_EQ(Find(row, "loss"), 1.5);
  EXPECT_EQ(Find(row, "actor_loss"), 5.0);
}

TEST(TrainingMeterTest, ASavedIntervalGoesOnWhereItWas) {
  TrainingMeter meter;
  meter.Add({{"loss", 0.1}, {"tokens", 100}}, 1);
  TrainingMeter resumed;
  resumed.Load(nlohmann::json::parse(meter.Save().dump()));
  resumed.Add({{"loss", 0.3}, {"tokens", 100}}, 2);
  const Metrics row = resumed.Row();
  EXPECT_EQ(Find(row, "loss"), (0.1 + 0.3) / 2);
  EXPECT_EQ(Find(row, "tokens"), 200);
  // Only what this process did was timed.
  EXPECT_EQ(Find(row, "tokens_per_second"), 50);
}

TEST(TrainingMeterTest, PeakMemoryCoversWhatIsInUse) {
  const int64_t before = PeakMemoryBytes();
  const std::vector<char> block(64 << 20, 1);
  EXPECT_GE(PeakMemoryBytes(), before);
  EXPECT_GE(PeakMemoryBytes(), static_cast<int64_t>(block.size()));
}

}  // namespace
}  // namespace rl
