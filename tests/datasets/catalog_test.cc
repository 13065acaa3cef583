#include "datasets/catalog.h"

#include "tests/datasets/expect_refused.h"

#include <gtest/gtest.h>

#include <set>

namespace datasets {
namespace {

TEST(CatalogTest, EveryTaskBelongsToItsDomainAndIsFound) {
  std::set<std::string_view> names;
  for (const DomainInfo& domain : Domains()) {
    EXPECT_EQ(&FindDomain(domain.name), &domain);
    for (const TaskInfo& task : domain.tasks) {
      EXPECT_EQ(task.domain, domain.name);
      EXPECT_TRUE(task.name.starts_with(std::string(domain.name) + "_")) << task.name;
      EXPECT_EQ(&FindTask(task.name), &task);
      EXPECT_TRUE(names.insert(task.name).second) << task.name;
    }
  }
  EXPECT_EQ(names.size(), 22U);
}

TEST(CatalogTest, ReturnsLieWithinWhatAnEpisodeCanEarn) {
  for (const DomainInfo& domain : Domains()) {
    for (const TaskInfo& task : domain.tasks) {
      EXPECT_LE(task.expert_return, domain.episode_steps) << task.name;
      EXPECT_EQ(NormalizedScore(task, task.expert_return).value_or(1.0), 1.0);
      EXPECT_EQ(NormalizedScore(task, task.random_return).value_or(0.0), 0.0);
      EXPECT_FALSE(task.random_source.empty());
      EXPECT_FALSE(task.expert_source.empty());
    }
  }
}

TEST(CatalogTest, SizesTellDomainsApart) {
  for (const DomainInfo& domain : Domains()) {
    EXPECT_EQ(DomainOfDims(domain.observation_dim, domain.action_dim, domain.physics_dim), &domain);
  }
  EXPECT_EQ(DomainOfDims(24, 6, 17), nullptr);
}

TEST(CatalogTest, ProposesTheNearestName) {
  tests::ExpectRefused([] { FindTask("walker_wlak"); }, {"'walker_wlak'", "'walker_walk'"});
  tests::ExpectRefused([] { FindDomain("cheeta"); }, {"'cheetah'"});
}

}  // namespace
}  // namespace datasets
