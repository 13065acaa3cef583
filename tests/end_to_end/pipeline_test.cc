// import -> validate -> train -> evaluate -> report, each as a user would call it.
#include "tests/datasets/exorl_files.h"
#include "tests/end_to_end/tiny_training.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace tests {
namespace {

using ::testing::HasSubstr;

ProgramResult Call(std::vector<std::string> arguments) {
  return RunProgram(Ringrl(std::move(arguments)));
}

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(PipelineTest, LeadsFromExorlFilesToAReport) {
  const TemporaryFolder folder;
  const std::string dataset = (folder / "c.hdf5").string();
  WriteBuffer(folder / "proto", /*count=*/6);

  const ProgramResult import =
      Call({"dataset", "import", "--domain=cartpole", "--task=cartpole_swingup",
            "--input=" + (folder / "proto").string(), "--output=" + dataset});
  ASSERT_EQ(import.status, 0) << import.err;
  const ProgramResult validate = Call({"dataset", "validate", dataset});
  ASSERT_EQ(validate.status, 0) << validate.err;

  const ProgramResult train = RunProgram(TinyTraining(dataset, folder / "runs", /*steps=*/10));
  ASSERT_EQ(train.status, 0) << train.err;
  const std::filesystem::path run = OnlyRun(folder / "runs");
  EXPECT_THAT(train.out, HasSubstr(run.string()));
  for (const char* name : {"config.cfg", "config.json", "environment.json", "train.csv",
                           "checkpoints/10/model.safetensors", "checkpoints/last/config.json"}) {
    EXPECT_TRUE(std::filesystem::exists(run / name)) << name;
  }

  const nlohmann::json data = nlohmann::json::parse(ReadText(run / "dataset.json"));
  EXPECT_EQ(data["content_sha256"].get<std::string>().size(), 64u);
  EXPECT_EQ(data["returns"]["histogram"].size(), 20u);

  const ProgramResult evaluate =
      Call({"evaluate", "--run=" + run.string(), "--chains=2", "--rollouts=2", "--json=-"});
  ASSERT_EQ(evaluate.status, 0) << evaluate.err;
  const nlohmann::json evaluation = nlohmann::json::parse(evaluate.out);
  EXPECT_EQ(evaluation["task"], "cartpole_swingup");
  EXPECT_EQ(evaluation["rows"].size(), 2u);
  EXPECT_EQ(evaluation["rows"][0]["returns"].size(), 2u);
  for (const char* protocol : {"first", "last", "mean", "max"}) {
    EXPECT_TRUE(evaluation["protocols"][protocol]["mean"].is_number()) << protocol;
  }

  // Over a ring, whose ranks hold its context together, it plays the same up to rounding.
  const ProgramResult on_ring = Call({"evaluate", "--run=" + run.string(), "--chains=2",
                                      "--rollouts=2", "--ring-size=2", "--json=-"});
  ASSERT_EQ(on_ring.status, 0) << on_ring.err;
  const nlohmann::json together = nlohmann::json::parse(on_ring.out);
  for (const char* protocol : {"first", "last", "mean", "max"}) {
    EXPECT_NEAR(together["protocols"][protocol]["mean"].get<double>(),
                evaluation["protocols"][protocol]["mean"].get<double>(), 1.0)
        << protocol;
  }

  // Filmed, it plays the same.
  const ProgramResult filmed =
      Call({"evaluate", "--run=" + run.string(), "--chains=2", "--rollouts=2", "--json=-",
            "--contact-sheet=" + (run / "videos" / "last_rollout.png").string()});
  const bool can_draw = filmed.err.find("no offscreen OpenGL here") == std::string::npos;
  if (can_draw) {
    ASSERT_EQ(filmed.status, 0) << filmed.err;
    EXPECT_EQ(nlohmann::json::parse(filmed.out)["rows"], evaluation["rows"]);
  }

  const std::string page = (folder / "report.html").string();
  const ProgramResult report = Call({"report", run.string(), "--output=" + page});
  ASSERT_EQ(report.status, 0) << report.err;
  EXPECT_THAT(ReadText(page), HasSubstr("cartpole_swingup · Agentic Transformer"));
  if (can_draw) {
    EXPECT_THAT(ReadText(page), HasSubstr("<figcaption>last_rollout</figcaption>"));
  }
}

TEST(PipelineTest, RunsFromNothingToAReportInQuickstart) {
  const TemporaryFolder folder;
  const ProgramResult result = Call({"quickstart", "--output=" + (folder / "q").string(),
                                     "--episodes=6", "--steps=3", "--chains=2", "--threads=2"});
  ASSERT_EQ(result.status, 0) << result.err;
  const std::string report = (folder / "q" / "report.html").string();
  EXPECT_THAT(result.out, ::testing::StartsWith("report, when done: " + report + "\n"));
  EXPECT_THAT(result.out, HasSubstr("of the best in the data"));
  EXPECT_THAT(ReadText(report), HasSubstr("best in the data"));
}

TEST(PipelineTest, StopsAtADamagedFileAndLeavesNothing) {
  const TemporaryFolder folder;
  WriteBuffer(folder / "proto", /*count=*/3);
  const std::filesystem::path bad = folder / "proto" / "buffer" / ExorlName(1, 20);
  std::filesystem::resize_file(bad, std::filesystem::file_size(bad) / 2);
  const ProgramResult import =
      Call({"dataset", "import", "--domain=cartpole", "--input=" + (folder / "proto").string(),
            "--output=" + (folder / "c.hdf5").string()});
  EXPECT_EQ(import.status, 1);
  EXPECT_THAT(import.err, HasSubstr(bad.filename().string()));
  const std::filesystem::directory_iterator left(folder.path());
  EXPECT_EQ(std::distance(begin(left), end(left)), 1);  // the input
}

}  // namespace
}  // namespace tests
