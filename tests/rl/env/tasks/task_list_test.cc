#include "rl/env/tasks/task_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

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

}  // namespace
}  // namespace rl
