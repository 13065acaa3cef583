// The liberties that physics takes for speed change no bit, in any domain.
#include "rl/env/model_builder.h"
#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "rl/env/task.h"
#include "rl/env/tasks/task_list.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace rl {
namespace {

class PhysicsVariantsTest : public ::testing::TestWithParam<std::string> {
 protected:
  PhysicsVariantsTest() : fast_(Make(StepVariant::kFast)), plain_(Make(StepVariant::kPlain)) {}

  std::unique_ptr<Physics> Make(StepVariant variant) const {
    const TaskEntry& entry = FindTaskEntry(GetParam());
    return std::make_unique<Physics>(std::make_shared<const PhysicsModels>(
        BuildTaskModel(entry, tests::Assets(), {}), entry.domain->num_substeps, variant));
  }

  // The task's own start.
  void Start(Physics& physics, uint64_t seed) const {
    Random random(seed);
    physics.Reset();
    FindTaskEntry(GetParam()).make(physics.model())->InitializeEpisode(physics, random);
    physics.UpdateUnactuated();
  }

  // Anywhere in the actuators' ranges.
  static std::vector<double> RandomControl(const Physics& physics, Random& random) {
    std::vector<double> control(static_cast<size_t>(physics.action_dim()));
    const double* range = physics.model().actuator_ctrlrange;
    for (double& value : control) {
      value = random.Uniform(range[0], range[1]);
      range += 2;
    }
    return control;
  }

  // Everything that the next step, an observation or a reward may read.
  static std::vector<double> Everything(const Physics& physics) {
    const mjModel& model = physics.model();
    const mjData& data = physics.data();
    std::vector<double> all(static_cast<size_t>(physics.integration_state_dim()));
    physics.GetIntegrationState(all);
    const auto add = [&all](const double* values, mjtSize count) {
      all.insert(all.end(), values, values + count);
    };
    add(data.sensordata, model.nsensordata);
    add(data.xpos, 3 * model.nbody);
    add(data.xmat, 9 * model.nbody);
    add(data.site_xpos, 3 * model.nsite);
    add(data.geom_xpos, 3 * model.ngeom);
    for (int i = 0; i < data.ncon; ++i) {
      const mjContact& contact = data.contact[i];
      all.insert(all.end(), {static_cast<double>(contact.geom[0]),
                             static_cast<double>(contact.geom[1]), contact.dist});
    }
    return all;
  }

  std::unique_ptr<Physics> fast_, plain_;
};

// Random controls from several starts: mechanisms fall, slide and fold onto themselves.
TEST_P(PhysicsVariantsTest, TheFastStepEqualsThePlainStepBitForBit) {
  int64_t num_contacts = 0;
  for (uint64_t seed = 301; seed < 304; ++seed) {
    for (Physics* physics : {fast_.get(), plain_.get()}) Start(*physics, seed);
    ASSERT_EQ(Everything(*fast_), Everything(*plain_)) << "at the start";
    Random random(seed);
    for (int step = 0; step < 150; ++step) {
      const std::vector<double> control = RandomControl(*fast_, random);
      for (Physics* physics : {fast_.get(), plain_.get()}) {
        physics->SetControl(control);
        physics->Step();
      }
      ASSERT_EQ(Everything(*fast_), Everything(*plain_)) << "step " << step;
      num_contacts += plain_->data().ncon;
    }
  }
  RecordProperty("contacts", std::to_string(num_contacts));
}

// One task of each domain.
std::vector<std::string> TaskPerDomain() {
  std::vector<std::string> tasks;
  std::vector<std::string_view> domains;
  for (const TaskEntry& entry : TaskList()) {
    if (std::find(domains.begin(), domains.end(), entry.domain->name) != domains.end()) continue;
    domains.push_back(entry.domain->name);
    tasks.emplace_back(entry.name);
  }
  return tasks;
}

INSTANTIATE_TEST_SUITE_P(Domains, PhysicsVariantsTest, ::testing::ValuesIn(TaskPerDomain()),
                         [](const auto& task) { return task.param; });

}  // namespace
}  // namespace rl
