#include "datasets/minari_export.h"

#include "datasets/replacement_file.h"
#include "tests/datasets/expect_refused.h"
#include "tests/datasets/tiny_episodes.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace datasets {
namespace {

EpisodeReader TinyDataset(const std::filesystem::path& path) {
  EpisodeWriter writer(path, tests::TinyAttributes());
  for (uint64_t seed = 0; seed < 3; ++seed) writer.Append(tests::TinyEpisode(10, seed));
  writer.Finish();
  return EpisodeReader::Open(path);
}

TEST(MinariExportTest, DescribesSpacesAndTotals) {
  const tests::TemporaryFolder folder;
  const EpisodeReader reader = TinyDataset(folder / "w.hdf5");
  EXPECT_EQ(ExportMinari(reader, folder / "cartpole-rnd", {}), "cartpole-rnd-v0");
  std::ifstream file(folder / "cartpole-rnd/data/metadata.json");
  const auto metadata = nlohmann::json::parse(file);
  EXPECT_EQ(metadata["dataset_id"], "cartpole-rnd-v0");
  EXPECT_EQ(metadata["total_episodes"], 3);
  EXPECT_EQ(metadata["total_steps"], 30);
  EXPECT_EQ(metadata["data_format"], "hdf5");
  const auto action = nlohmann::json::parse(metadata["action_space"].get<std::string>());
  EXPECT_EQ(action["shape"], nlohmann::json::array({1}));
  EXPECT_EQ(action["high"], nlohmann::json::array({1.0}));
}

TEST(MinariExportTest, LinksOrCopiesTheFile) {
  const tests::TemporaryFolder folder;
  const EpisodeReader reader = TinyDataset(folder / "w.hdf5");
  ExportMinari(reader, folder / "linked-v0", {});
  ExportMinari(reader, folder / "copied-v3", {.dataset_id = "", .copy = true});
  const auto linked = folder / "linked-v0/data/main_data.hdf5";
  const auto copied = folder / "copied-v3/data/main_data.hdf5";
  EXPECT_TRUE(std::filesystem::equivalent(linked, folder / "w.hdf5"));
  EXPECT_FALSE(std::filesystem::equivalent(copied, folder / "w.hdf5"));
  EXPECT_EQ(ReadWholeFile(copied), ReadWholeFile(folder / "w.hdf5"));
}

TEST(MinariExportTest, RefusesIdsThatMinariDoesNotTake) {
  const tests::TemporaryFolder folder;
  const EpisodeReader reader = TinyDataset(folder / "w.hdf5");
  for (const char* id : {"no version", "a/b", "a b-v0", "-v", "a-v0/"}) {
    tests::ExpectRefused(
        [&] { ExportMinari(reader, folder / "out", {.dataset_id = id, .copy = false}); }, {id});
  }
  EXPECT_EQ(
      ExportMinari(reader, folder / "out", {.dataset_id = "exorl/cartpole/rnd-v1", .copy = false}),
      "exorl/cartpole/rnd-v1");
}

}  // namespace
}  // namespace datasets
