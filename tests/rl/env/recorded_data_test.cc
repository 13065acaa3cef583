// The environments beside what dm_control and exorl recorded: models, trajectories, rewards.
// Needs the sample data.
#include "datasets/npz.h"
#include "rl/env/model_builder.h"
#include "rl/env/physics.h"
#include "rl/env/relabel.h"
#include "rl/env/rollout_file.h"
#include "rl/env/rollouts.h"
#include "rl/env/task.h"
#include "rl/env/tasks/task_list.h"
#include "tests/rl/env/test_data.h"
#include "tests/support/tolerance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace rl {
namespace {

using datasets::NpzArchive;
using tests::kNoSampleData;
using tests::SampleData;

// "walker_walk" is "walk" inside the files of the walker.
std::string ShortName(const std::string& task) {
  return task.substr(FindTaskEntry(task).domain->name.size() + 1);
}

class RecordedTaskTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (SampleData().empty()) GTEST_SKIP() << kNoSampleData;
  }
};

template <class Ours>
void ExpectField(const NpzArchive& archive, const char* key, const Ours* ours) {
  const datasets::NpyArray array = archive.Read(key);
  const auto expect = [&](const auto& theirs) {
    for (size_t i = 0; i < theirs.size(); ++i) {
      ASSERT_EQ(static_cast<double>(ours[i]), static_cast<double>(theirs[i])) << key << " " << i;
    }
  };
  if (array.type == datasets::ElementType::kFloat64) return expect(array.Values<double>());
  if (array.type == datasets::ElementType::kInt64) return expect(array.Values<int64_t>());
  if (array.type == datasets::ElementType::kInt32) return expect(array.Values<int32_t>());
  expect(array.Values<uint8_t>());
}

TEST_P(RecordedTaskTest, ItsModelHasTheConstantsOfDmControls) {
  const NpzArchive archive =
      NpzArchive::Open(SampleData() / "rollouts" / ("model_" + GetParam() + ".npz"));
  const DomainEntry& domain = *FindTaskEntry(GetParam()).domain;
  const ModelPtr model = BuildTaskModel(FindTaskEntry(GetParam()), tests::Assets(), {});
  const PhysicsModels models(ModelPtr(mj_copyModel(nullptr, model.get())), domain.num_substeps);
#define RINGRL_EXPECT_FIELD(field) ExpectField(archive, #field, model->field)
#define RINGRL_EXPECT_SIZE(field) ExpectField(archive, #field, &model->field)
  RINGRL_EXPECT_SIZE(nq);
  RINGRL_EXPECT_SIZE(nv);
  RINGRL_EXPECT_SIZE(nu);
  RINGRL_EXPECT_SIZE(na);
  RINGRL_EXPECT_SIZE(nbody);
  RINGRL_EXPECT_SIZE(ngeom);
  RINGRL_EXPECT_SIZE(nsensordata);
  RINGRL_EXPECT_FIELD(body_pos);
  RINGRL_EXPECT_FIELD(body_quat);
  RINGRL_EXPECT_FIELD(body_ipos);
  RINGRL_EXPECT_FIELD(body_iquat);
  RINGRL_EXPECT_FIELD(body_mass);
  RINGRL_EXPECT_FIELD(body_inertia);
  RINGRL_EXPECT_FIELD(jnt_type);
  RINGRL_EXPECT_FIELD(jnt_axis);
  RINGRL_EXPECT_FIELD(jnt_range);
  RINGRL_EXPECT_FIELD(jnt_limited);
  RINGRL_EXPECT_FIELD(jnt_solimp);
  RINGRL_EXPECT_FIELD(dof_damping);
  RINGRL_EXPECT_FIELD(dof_armature);
  RINGRL_EXPECT_FIELD(qpos0);
  RINGRL_EXPECT_FIELD(geom_type);
  RINGRL_EXPECT_FIELD(geom_size);
  RINGRL_EXPECT_FIELD(geom_pos);
  RINGRL_EXPECT_FIELD(geom_quat);
  RINGRL_EXPECT_FIELD(geom_contype);
  RINGRL_EXPECT_FIELD(geom_conaffinity);
  RINGRL_EXPECT_FIELD(geom_friction);
  RINGRL_EXPECT_FIELD(geom_solref);
  RINGRL_EXPECT_FIELD(geom_solimp);
  RINGRL_EXPECT_FIELD(actuator_gear);
  RINGRL_EXPECT_FIELD(actuator_ctrlrange);
  RINGRL_EXPECT_FIELD(actuator_gainprm);
  RINGRL_EXPECT_FIELD(actuator_biasprm);
#undef RINGRL_EXPECT_FIELD
#undef RINGRL_EXPECT_SIZE
  ExpectField(archive, "opt_timestep", &model->opt.timestep);
  ExpectField(archive, "opt_gravity", model->opt.gravity);
  ExpectField(archive, "opt_integrator", &model->opt.integrator);
  ExpectField(archive, "opt_solver", &model->opt.solver);
  ExpectField(archive, "opt_cone", &model->opt.cone);
  ExpectField(archive, "opt_disableflags", &model->opt.disableflags);
  ExpectField(archive, "opt_enableflags", &model->opt.enableflags);
}

// 200 steps of two seeds. States go through the same library and must be equal; exp and sin of
// C's library and numpy may differ in the last bit.
TEST_P(RecordedTaskTest, ItsRolloutsAreThoseOfDmControl) {
  SharedTask shared = LoadTask(GetParam(), tests::Assets());
  Rollouts recorded =
      ReadRollouts(SampleData() / "rollouts" / ("rollout_" + GetParam() + ".npz"), shared.spec);
  ASSERT_EQ(recorded.num_episodes, 2);
  ASSERT_EQ(recorded.num_steps, 200);
  const DomainEntry& domain = *FindTaskEntry(GetParam()).domain;
  const auto expect_close = [&](const char* how, double state_tolerance, double tolerance) {
    const ReplayResult result = Replay(shared, recorded);
    for (int64_t episode = 0; episode < recorded.num_episodes; ++episode) {
      const RolloutDifference difference = Compare(recorded, result.rollouts, episode);
      EXPECT_LE(difference.max_abs_physics, tests::Tolerance(state_tolerance)) << how;
      EXPECT_LE(difference.max_abs_observation, tests::Tolerance(tolerance)) << how;
      EXPECT_LE(difference.max_abs_reward, tests::Tolerance(tolerance)) << how;
    }
  };
  expect_close("fast, from the integration state", 0, 1e-14);
  shared.models = std::make_shared<const PhysicsModels>(
      BuildTaskModel(FindTaskEntry(GetParam()), tests::Assets(), {}), domain.num_substeps,
      StepVariant::kPlain);
  expect_close("plain, from the integration state", 0, 1e-14);
  recorded.integration_states.clear();
  // Cheetah's reset simulates and leaves the solver a warm start, which the physics state lacks.
  const bool warm = domain.name == "cheetah";
  expect_close("plain, from the physics state", warm ? 1e-12 : 0, warm ? 1e-12 : 1e-14);
}

// Rewards and observations at states spread by hand, many of them out of a policy's reach.
TEST_P(RecordedTaskTest, ItsRewardsAndObservationsAreTheRecordedOnesAtSpreadStates) {
  const SharedTask shared = LoadTask(GetParam(), tests::Assets());
  const std::string domain(FindTaskEntry(GetParam()).domain->name);
  const NpzArchive archive =
      NpzArchive::Open(SampleData() / "states" / ("states_" + domain + ".npz"));
  const auto states = archive.Read("physics"), observations = archive.Read("observation"),
             rewards = archive.Read(ShortName(GetParam()));
  const std::string with_control = ShortName(GetParam()) + "__ctrl";
  Physics physics(shared.models);
  const auto physics_dim = static_cast<size_t>(shared.spec.physics_dim);
  std::vector<double> observation(static_cast<size_t>(shared.spec.observation_dim));
  for (size_t row = 0; row < rewards.Values<double>().size(); ++row) {
    physics.Reset();  // a solver that starts from another state's solution ends elsewhere
    physics.SetState(states.Values<double>().subspan(row * physics_dim, physics_dim));
    physics.UpdateKinematics();
    ASSERT_NEAR(shared.task->Reward(physics), rewards.Values<double>()[row],
                tests::Tolerance(1e-14));
    physics.UpdateUnactuated();
    shared.task->Observe(physics, observation);
    for (size_t i = 0; i < observation.size(); ++i) {
      ASSERT_NEAR(observation[i], observations.Values<double>()[row * observation.size() + i],
                  tests::Tolerance(1e-14))
          << "element " << i << " of row " << row;
    }
    if (!archive.Has(with_control)) continue;
    const auto control = archive.Read("ctrl");
    const auto action_dim = static_cast<size_t>(shared.spec.action_dim);
    const auto applied = control.Values<float>().subspan(row * action_dim, action_dim);
    physics.SetControl(std::vector<double>(applied.begin(), applied.end()));
    ASSERT_NEAR(shared.task->Reward(physics), archive.Read(with_control).Values<double>()[row],
                tests::Tolerance(1e-14));
  }
}

std::vector<std::string> RecordedTasks() {
  std::vector<std::string> names;
  for (const TaskEntry& entry : TaskList()) names.emplace_back(entry.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Tasks, RecordedTaskTest, ::testing::ValuesIn(RecordedTasks()),
                         [](const auto& test) { return test.param; });

// A buffer of episodes, the task it was collected for and all tasks of its domain.
struct Buffer {
  const char* folder;
  const char* collected_for;
  std::vector<std::string> tasks;
};

class RecordedBufferTest : public ::testing::TestWithParam<Buffer> {
 protected:
  void SetUp() override {
    if (SampleData().empty()) GTEST_SKIP() << kNoSampleData;
  }
};

struct StoredEpisode {
  datasets::NpyArray physics, action, observation;
  std::vector<float> actions;  // without the dummy action of row 0
};

std::vector<StoredEpisode> ReadEpisodes(const std::filesystem::path& folder, int64_t count) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "buffer")) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  paths.resize(static_cast<size_t>(count));
  std::vector<StoredEpisode> episodes;
  for (const auto& path : paths) {
    const NpzArchive archive = NpzArchive::Open(path);
    StoredEpisode episode = {
        archive.Read("physics"), archive.Read("action"), archive.Read("observation"), {}};
    const auto rows = episode.action.Values<float>();
    episode.actions.assign(rows.begin() + episode.action.shape[1], rows.end());
    episodes.push_back(std::move(episode));
  }
  return episodes;
}

// As float32, the type rewards are stored in, bit for bit.
void ExpectRewards(const std::vector<double>& ours, std::span<const double> golden,
                   const std::string& what) {
  ASSERT_EQ(ours.size(), golden.size());
  for (size_t row = 0; row < ours.size(); ++row) {
    ASSERT_EQ(static_cast<float>(ours[row]), static_cast<float>(golden[row]))
        << what << ", row " << row;
  }
}

TEST_P(RecordedBufferTest, RelabelsToTheGoldenRewardsUnderBothRules) {
  const std::filesystem::path folder = SampleData() / GetParam().folder;
  const NpzArchive golden = NpzArchive::Open(folder / "golden_rewards.npz");
  const datasets::NpyArray stored = golden.Read("stored");
  const int64_t count = stored.shape[0];
  const auto num_rows = static_cast<size_t>(stored.shape[1]);
  const std::vector<StoredEpisode> episodes = ReadEpisodes(folder, count);
  std::vector<RelabelInput> inputs;
  for (const StoredEpisode& episode : episodes) {
    inputs.push_back({episode.physics.Values<double>(), episode.actions});
  }
  const auto zero = RelabelEpisodes(GetParam().tasks, tests::Assets(), RelabelRule::kZeroControl,
                                    inputs, /*num_threads=*/2);
  const auto recorded = RelabelEpisodes(GetParam().tasks, tests::Assets(),
                                        RelabelRule::kRecordedControl, inputs, /*num_threads=*/2);
  for (size_t task = 0; task < GetParam().tasks.size(); ++task) {
    const std::string key = ShortName(GetParam().tasks[task]);
    const auto rewards = golden.Read(key);
    // Where the reward looks at no control the file has one array for both rules.
    const auto paid = golden.Has(key + "__ctrl") ? golden.Read(key + "__ctrl") : rewards;
    for (size_t i = 0; i < episodes.size(); ++i) {
      const std::string what = key + ", episode " + std::to_string(i);
      ExpectRewards(zero[i][task], rewards.Values<double>().subspan(i * num_rows, num_rows), what);
      ExpectRewards(recorded[i][task], paid.Values<double>().subspan(i * num_rows, num_rows), what);
      if (GetParam().tasks[task] != GetParam().collected_for) continue;
      for (size_t row = 1; row < num_rows; ++row) {  // row 0 of a file is 0 by convention
        ASSERT_EQ(static_cast<float>(recorded[i][task][row]),
                  stored.Values<float>()[i * num_rows + row])
            << what << ", row " << row;
      }
    }
  }
}

// Whether an entry of an observation is a force or an acceleration: such depend on more than the
// stored state, namely on the control of the step before and on where the solver started.
bool DependsOnForces(std::string_view domain, size_t entry) {
  if (domain == "jaco") return entry >= 12 && entry < 18;                        // joint torques
  if (domain == "quadruped") return (entry >= 48 && entry < 51) || entry >= 54;  // all but the gyro
  return false;
}

TEST_P(RecordedBufferTest, ItsObservationsFollowFromItsPhysics) {
  const SharedTask shared = LoadTask(GetParam().collected_for, tests::Assets());
  const std::string_view domain = FindTaskEntry(GetParam().collected_for).domain->name;
  const auto physics_dim = static_cast<size_t>(shared.spec.physics_dim);
  Physics physics(shared.models);
  std::vector<double> observation(static_cast<size_t>(shared.spec.observation_dim));
  const std::filesystem::path folder = SampleData() / GetParam().folder;
  const int64_t count =
      NpzArchive::Open(folder / "golden_rewards.npz").Read("collection_index").shape[0];
  for (const StoredEpisode& episode : ReadEpisodes(folder, count)) {
    const auto states = episode.physics.Values<double>();
    const auto stored = episode.observation.Values<float>();
    for (size_t row = 0; row * physics_dim < states.size(); ++row) {
      physics.SetState(states.subspan(row * physics_dim, physics_dim));
      physics.UpdateKinematics();
      shared.task->Observe(physics, observation);
      for (size_t i = 0; i < observation.size(); ++i) {
        if (DependsOnForces(domain, i)) continue;
        ASSERT_EQ(static_cast<float>(observation[i]), stored[row * observation.size() + i])
            << "row " << row << ", entry " << i;
      }
    }
  }
}

const std::vector<std::string> kWalkerTasks = {"walker_stand", "walker_walk", "walker_run",
                                               "walker_flip"};
const std::vector<std::string> kCheetahTasks = {"cheetah_run", "cheetah_run_backward"};
const std::vector<std::string> kQuadrupedTasks = {"quadruped_walk", "quadruped_run",
                                                  "quadruped_stand", "quadruped_jump"};
const std::vector<std::string> kCartpoleTasks = {"cartpole_balance", "cartpole_balance_sparse",
                                                 "cartpole_swingup", "cartpole_swingup_sparse"};
const std::vector<std::string> kJacoTasks = {"jaco_reach_top_left", "jaco_reach_top_right",
                                             "jaco_reach_bottom_left", "jaco_reach_bottom_right"};
const std::vector<std::string> kMazeTasks = {
    "point_mass_maze_reach_top_left", "point_mass_maze_reach_top_right",
    "point_mass_maze_reach_bottom_left", "point_mass_maze_reach_bottom_right"};

INSTANTIATE_TEST_SUITE_P(
    Buffers, RecordedBufferTest,
    ::testing::Values(Buffer{"walker/ddpg", "walker_walk", kWalkerTasks},
                      Buffer{"walker/rnd", "walker_stand", kWalkerTasks},
                      Buffer{"cheetah/ddpg", "cheetah_run", kCheetahTasks},
                      Buffer{"cheetah/rnd", "cheetah_run", kCheetahTasks},
                      Buffer{"quadruped/random", "quadruped_walk", kQuadrupedTasks},
                      Buffer{"cartpole/ddpg", "cartpole_swingup", kCartpoleTasks},
                      Buffer{"cartpole/rnd", "cartpole_swingup", kCartpoleTasks},
                      Buffer{"jaco/random", "jaco_reach_top_left", kJacoTasks},
                      Buffer{"point_mass_maze/random", "point_mass_maze_reach_top_left",
                             kMazeTasks}),
    [](const auto& test) {
      std::string name = test.param.folder;
      std::replace(name.begin(), name.end(), '/', '_');
      return name;
    });

}  // namespace
}  // namespace rl
