// A run folder made by hand: three rows of training, one evaluation of two chains.
#ifndef TESTS_EXPERIMENTS_REPORT_TINY_RUN_H_
#define TESTS_EXPERIMENTS_REPORT_TINY_RUN_H_

#include <filesystem>
#include <fstream>
#include <string>

namespace tests {

inline void WriteText(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

inline void WriteTinyRun(const std::filesystem::path& folder) {
  WriteText(folder / "config.json",
            R"({"task": "walker_walk", "algorithm": "at", "seed": 1, "model.layers": 3})");
  WriteText(folder / "environment.json", R"({
    "version": "0.1.0", "commit": "abc", "libraries": {"MuJoCo": "3.17.0"},
    "machine": {"cpu": "A <fast> CPU", "cores": 2, "memory": 8000000000, "gpu": null},
    "date": "2026-01-31T12:00:00Z", "command_line": ["ringrl", "train", "--seed=1"]})");
  WriteText(folder / "train.csv",
            "train_step,loss,validation_loss\n10,0.5,\n20,0.25,0.3\n30,0.02,0.05\n");
  WriteText(folder / "eval.csv",
            "train_step,first_mean,last_mean,mean_mean,max_mean\n30,300,450.5,375,460\n");
  WriteText(folder / "evaluation.json", R"({"task": "walker_walk", "protocols": {
      "first": {"mean": 300, "standard_error": 1, "normalized": 0.3},
      "last": {"mean": 450.5, "standard_error": null, "normalized": 0.4505},
      "mean": {"mean": 375.25, "standard_error": 2, "normalized": 0.375},
      "max": {"mean": 460, "standard_error": 3, "normalized": 0.46}},
    "reference": {"random_return": 0, "expert_return": 1000, "source": ""},
    "rows": [{"seed": 1, "returns": [299, 440]}, {"seed": 2, "returns": [301, 461]}]})");
  WriteText(folder / "dataset.json", R"({"num_episodes": 120,
    "returns": {"min": 10, "median": 563, "mean": 500, "max": 828}})");
}

}  // namespace tests

#endif  // TESTS_EXPERIMENTS_REPORT_TINY_RUN_H_
