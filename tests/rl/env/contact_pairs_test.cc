// That nothing changes by the list is shown domain by domain in physics_variants_test.cc.
#include "rl/env/contact_pairs.h"

#include "rl/env/model_builder.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

namespace rl {
namespace {

ModelPtr SuiteModel(const std::string& domain) {
  return BuildModel(tests::Assets() / ("suite/" + domain + ".xml"));
}

// Seven bodies of a geom each, which touch the floor and not each other.
TEST(ContactPairsTest, TheWalkersAreItsGeomsWithTheFloor) {
  const ModelPtr model = SuiteModel("walker");
  ContactPairs pairs(*model);
  EXPECT_EQ(pairs.size(), 7);
  pairs.Install(*model);
  ASSERT_EQ(model->npair, 7);
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(model->pair_geom1[i], 0);
    EXPECT_EQ(model->pair_geom2[i], i + 1);
    EXPECT_EQ(model->pair_friction[5 * i], 0.7) << "the geoms' own, not a pair's default";
    EXPECT_EQ(model->geom_contype[i], 0) << "or MuJoCo would find the contact twice";
  }
}

TEST(ContactPairsTest, WhereContactsAreOffThereAreNone) {
  const ModelPtr model = SuiteModel("cartpole");
  ContactPairs pairs(*model);
  EXPECT_EQ(pairs.size(), 0);
  pairs.Install(*model);
  EXPECT_EQ(model->npair, 0);
}

TEST(ContactPairsTest, WhatIsNotCoveredKeepsMujocosSearch) {
  const ModelPtr model = SuiteModel("walker");
  model->geom_margin[3] = 0.01;
  EXPECT_EQ(ContactPairs(*model).size(), 0);
  model->geom_margin[3] = 0;
  model->geom_priority[3] = 1;
  EXPECT_EQ(ContactPairs(*model).size(), 0);
  model->geom_priority[3] = 0;
  model->geom_type[3] = mjGEOM_MESH;
  EXPECT_EQ(ContactPairs(*model).size(), 0);
}

TEST(ContactPairsTest, WeightsDecideHowSolverParametersMix) {
  const ModelPtr model = SuiteModel("walker");
  model->geom_solmix[0] = 3;
  model->geom_solref[0] = 0.06;  // the floor's time constant; the walker's is 0.02
  ContactPairs pairs(*model);
  pairs.Install(*model);
  EXPECT_DOUBLE_EQ(model->pair_solref[0], 0.75 * 0.06 + 0.25 * 0.02);
}

}  // namespace
}  // namespace rl
