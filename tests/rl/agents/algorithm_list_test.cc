#include "rl/agents/algorithm_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>

namespace rl {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::ThrowsMessage;

TEST(AlgorithmListTest, AnUnknownNameListsTheNamesThereAre) {
  EXPECT_EQ(FindAlgorithm("at").name, "at");
  EXPECT_THAT([] { FindAlgorithm("ta"); }, ThrowsMessage<std::invalid_argument>(HasSubstr(
                                               "there is no algorithm \"ta\"; choose one of: at")));
}

// exorl, config.yaml and agent/*.yaml.
TEST(AlgorithmListTest, TheBaselinesCustomaryRunIsExorls) {
  for (const std::string name : {"bc", "bc10", "td3", "td3_bc", "crr", "cql"}) {
    const CustomaryRun* const run = FindAlgorithm(name).customary_run;
    ASSERT_NE(run, nullptr) << name;
    EXPECT_EQ(run->train_steps, 500000);
    EXPECT_EQ(run->learning_rate, 1e-4);
    EXPECT_EQ(run->warmup_steps, 0);
    EXPECT_EQ(run->schedule, "constant");
    EXPECT_EQ(run->optimizer.weight_decay, 0);
    EXPECT_EQ(run->optimizer.gradient_clip, 0);
    EXPECT_EQ(run->evaluate_every, 10000);
    EXPECT_EQ(run->evaluation_chains * run->evaluation_rollouts, 10);
  }
  const BaselineOptions options;
  EXPECT_EQ(options.batch, 1024);
  EXPECT_EQ(options.hidden_dim, 1024);
  EXPECT_EQ(options.noise_std, 0.2);
  EXPECT_EQ(options.noise_clip, 0.3);
  EXPECT_EQ(options.discount, 0.99);
  EXPECT_EQ(options.target_rate, 0.01);
  EXPECT_EQ(options.draw, "episode");
  EXPECT_EQ(Td3BcOptions().alpha, 2.5);
  EXPECT_EQ(CrrOptions().weight, "indicator");
  EXPECT_EQ(CrrOptions().value_samples, 10);
  EXPECT_EQ(CqlOptions().alpha, 0.01);
  EXPECT_EQ(CqlOptions().samples, 3);
  EXPECT_FALSE(CqlOptions().lagrange);
  EXPECT_EQ(CqlOptions().target_penalty, 5);
}

TEST(AlgorithmListTest, KnowsWhoReadsAnOption) {
  EXPECT_THAT(ReadersOf("td3_bc.alpha"), ElementsAre("td3_bc"));
  EXPECT_THAT(ReadersOf("baseline.discount"), ElementsAre("td3", "td3_bc", "crr", "cql"));
  EXPECT_THAT(ReadersOf("baseline.best_share"), ElementsAre("bc10"));
  EXPECT_THAT(ReadersOf("chain.window"), Contains("at"));
  EXPECT_THAT(ReadersOf("chain.window"), Not(Contains("bc")));
  EXPECT_THAT(ReadersOf("optimizer.beta1"), IsEmpty()) << "everybody's";
}

// kzl/decision-transformer, gym/experiment.py.
TEST(AlgorithmListTest, TheDecisionTransformersCustomaryRunIsItsAuthors) {
  const CustomaryRun* const run = FindAlgorithm("dt").customary_run;
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->train_steps, 100000);
  EXPECT_EQ(run->learning_rate, 1e-4);
  EXPECT_EQ(run->warmup_steps, 10000);
  EXPECT_EQ(run->schedule, "constant");
  EXPECT_EQ(run->optimizer.weight_decay, 1e-4);
  EXPECT_EQ(run->optimizer.gradient_clip, 0.25);
  EXPECT_EQ(run->validation_fraction, 0);
  EXPECT_EQ(run->evaluate_every, 10000);
  EXPECT_EQ(run->evaluation_chains, 100);
  EXPECT_EQ(run->evaluation_rollouts, 1);
  EXPECT_EQ(run->model.tokens, "three");
  EXPECT_EQ(run->model.layers, 3);
  EXPECT_EQ(run->model.heads, 1);
  EXPECT_EQ(run->model.dim, 128);
  EXPECT_EQ(run->model.feed_forward, 4);
  EXPECT_EQ(run->model.activation, "relu");
  EXPECT_EQ(run->model.attention_dropout, 0.1);
  EXPECT_EQ(run->model.residual_dropout, 0.1);
  EXPECT_EQ(run->model.embedding_dropout, 0.1);
  const DecisionTransformerOptions options;
  EXPECT_EQ(options.context_steps, 20);
  EXPECT_EQ(options.batch, 64);
  EXPECT_EQ(options.return_scale, 1000);
}

TEST(AlgorithmListTest, AConfigWithoutAnAlgorithmIsRefused) {
  EXPECT_THAT([] { MakePolicyFromCheckpoint(nlohmann::json::object(), {}, {}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("\"algorithm\"")));
}

}  // namespace
}  // namespace rl
