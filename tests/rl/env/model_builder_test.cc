#include "rl/env/model_builder.h"

#include "tests/rl/env/test_data.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

namespace rl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(ModelBuilderTest, AModelWithoutTexturesTakesKilobytes) {
  const ModelPtr model = BuildModel(tests::Assets() / "suite/walker.xml");
  EXPECT_EQ(model->ntex, 0);
  EXPECT_LT(mj_sizeModel(model.get()), 100'000);
}

TEST(ModelBuilderTest, TexturesChangeNothingThatMoves) {
  const ModelPtr bare = BuildModel(tests::Assets() / "suite/walker.xml");
  const ModelPtr drawn = BuildModel(tests::Assets() / "suite/walker.xml", {.keep_textures = true});
  ASSERT_GT(drawn->ntex, 0);
  ASSERT_EQ(bare->nbody, drawn->nbody);
  for (int i = 0; i < bare->nbody; ++i) EXPECT_EQ(bare->body_mass[i], drawn->body_mass[i]);
  const DataPtr bare_data(mj_makeData(bare.get())), drawn_data(mj_makeData(drawn.get()));
  for (int step = 0; step < 300; ++step) {  // long enough to fall to the floor
    mj_step(bare.get(), bare_data.get());
    mj_step(drawn.get(), drawn_data.get());
  }
  ASSERT_GT(bare_data->ncon, 0);
  for (int i = 0; i < bare->nq; ++i) EXPECT_EQ(bare_data->qpos[i], drawn_data->qpos[i]);
}

TEST(ModelBuilderTest, AMissingFileIsNamed) {
  EXPECT_THAT([] { BuildModel("nowhere/suite/walker.xml"); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("nowhere/suite/walker.xml"), HasSubstr("does not exist"))));
}

TEST(ModelBuilderTest, ABrokenFileIsNamedWithTheElementAtFault) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "bad.xml") << "<mujoco><worldbody><geom bla='1'/></worldbody></mujoco>";
  EXPECT_THAT([&] { BuildModel(folder / "bad.xml"); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("bad.xml"), HasSubstr("does not parse"), HasSubstr("bla"))));
}

TEST(ModelBuilderTest, AModelThatDoesNotCompileIsNamed) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "bad.xml")
      << "<mujoco><worldbody><body><joint/></body></worldbody></mujoco>";  // moves without mass
  EXPECT_THAT([&] { BuildModel(folder / "bad.xml"); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("bad.xml"), HasSubstr("does not compile"))));
}

TEST(ModelBuilderTest, AnEditedDescriptionCompilesToTheEditedModel) {
  const SpecPtr spec = ParseModel(tests::Assets() / "suite/walker.xml");
  mjs_asGeom(FindElement(*spec, mjOBJ_GEOM, "floor"))->size[0] = 7;
  DeleteElement(*spec, mjOBJ_BODY, "left_thigh");  // and the leg that hangs on it
  const ModelPtr model = CompileModel(*spec, {}, "one leg");
  EXPECT_EQ(model->geom_size[3 * mj_name2id(model.get(), mjOBJ_GEOM, "floor")], 7);
  EXPECT_EQ(model->nbody, 5);
  EXPECT_EQ(mj_name2id(model.get(), mjOBJ_BODY, "left_foot"), -1);
}

TEST(ModelBuilderTest, AnElementThatIsNotThereIsABrokenContract) {
  const SpecPtr spec = ParseModel(tests::Assets() / "suite/walker.xml");
  EXPECT_THAT([&] { FindElement(*spec, mjOBJ_GEOM, "wing"); },
              ThrowsMessage<std::logic_error>(HasSubstr("no geom named wing")));
  EXPECT_THROW(DeleteElement(*spec, mjOBJ_SITE, "nose"), std::logic_error);
}

}  // namespace
}  // namespace rl
