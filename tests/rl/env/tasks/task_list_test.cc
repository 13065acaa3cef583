#include "rl/env/tasks/task_list.h"

#include "rl/env/model_builder.h"
#include "tests/rl/env/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(TaskListTest, NamesAreUniqueAndBeginWithTheirDomain) {
  std::set<std::string_view> names;
  for (const TaskEntry& entry : TaskList()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_EQ(entry.name.find(std::string(entry.domain->name) + "_"), 0u) << entry.name;
    EXPECT_EQ(&FindTaskEntry(entry.name), &entry);
  }
}

TEST(TaskListTest, AnUnknownTaskIsAnsweredWithTheNearestAndTheKnownOnes) {
  EXPECT_THAT([] { FindTaskEntry("walker_wolk"); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("'walker_wolk'"),
                                                         HasSubstr("did you mean 'walker_walk'?"),
                                                         HasSubstr("cartpole_swingup"))));
}

TEST(TaskListTest, ATasksModelHasItsTargetWhereItPays) {
  const auto position_of = [](const char* task, mjtObj type, const char* element) {
    const ModelPtr model = BuildTaskModel(FindTaskEntry(task), tests::Assets(), {});
    const int id = mj_name2id(model.get(), type, element);
    const mjtNum* position = type == mjOBJ_SITE ? model->site_pos : model->geom_pos;
    return std::vector<double>(position + 3 * id, position + 3 * id + 3);
  };
  EXPECT_EQ(position_of("jaco_reach_top_right", mjOBJ_SITE, "target_site"),
            (std::vector<double>{0.09, 0.09, 0.001}));
  EXPECT_EQ(position_of("point_mass_maze_reach_bottom_left", mjOBJ_GEOM, "target"),
            (std::vector<double>{-0.15, -0.15, 0.01}));
}

}  // namespace
}  // namespace rl
