#include "experiments/benchmarks/train_benchmark.h"

#include "experiments/benchmarks/alternation.h"
#include "experiments/benchmarks/peer_process.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace experiments {
namespace {

constexpr const char* kPeer = "pytorch";

std::string Shape(const TrainStepOptions& step) {
  return std::to_string(step.tokens) + " tokens, " + std::to_string(step.layers) + " layers, " +
         std::to_string(step.heads) + " heads, width " + std::to_string(step.dim) + ", batch 1";
}

std::string NameOf(const std::string& operands, int ring_size) {
  return operands + " on " + std::to_string(ring_size);
}

class TrainBenchmark {
 public:
  explicit TrainBenchmark(const TrainBenchmarkOptions& options)
      : options_(options), ring_sizes_({1}) {
    if (options.threads > 1) ring_sizes_.push_back(options.threads);
    Add(kPeer, options.python, options.peer_script, PeerArguments());
    for (const std::string& operands : options.operands) {
      for (const int ring_size : ring_sizes_) {
        Add(NameOf(operands, ring_size), options.program, "bench",
            OwnArguments(operands, ring_size));
      }
    }
  }

  nlohmann::json Run() {
    systems_.Run(options_.rounds);
    nlohmann::json rows = nlohmann::json::array();
    for (const std::string& operands : options_.operands) {
      for (const int ring_size : ring_sizes_) rows.push_back(Row(operands, ring_size));
    }
    return rows;
  }

 private:
  // A system is a program that prints the seconds of an update and its peak of bytes.
  void Add(const std::string& name, const std::filesystem::path& program,
           const std::filesystem::path& script, const std::vector<std::string>& arguments) {
    systems_.Add(name, [=, this]() -> std::optional<double> {
      const std::vector<double> figures = MeasurePeer(program, script, arguments, /*count=*/2);
      if (figures.empty()) return std::nullopt;
      peak_bytes_[name] = std::max(peak_bytes_[name], figures[1]);
      return figures[0];
    });
  }

  std::vector<std::string> PeerArguments() const {
    const TrainStepOptions& step = options_.step;
    return {std::to_string(step.tokens),  std::to_string(step.layers),
            std::to_string(step.heads),   std::to_string(step.dim),
            std::to_string(step.updates), std::to_string(options_.threads)};
  }

  std::vector<std::string> OwnArguments(const std::string& operands, int ring_size) const {
    const TrainStepOptions& step = options_.step;
    return {"train-step",
            "--tokens=" + std::to_string(step.tokens),
            "--layers=" + std::to_string(step.layers),
            "--heads=" + std::to_string(step.heads),
            "--dim=" + std::to_string(step.dim),
            "--updates=" + std::to_string(step.updates),
            "--operands=" + operands,
            "--threads=" + std::to_string(options_.threads),
            "--ring-size=" + std::to_string(ring_size)};
  }

  nlohmann::json Row(const std::string& operands, int ring_size) const {
    const std::string name = NameOf(operands, ring_size);
    const std::optional<Figure> ours = systems_.Of(name), peer = systems_.Of(kPeer);
    nlohmann::json row = {{"algorithm", "at"},           {"shape", Shape(options_.step)},
                          {"operands", operands},        {"ring_size", ring_size},
                          {"threads", options_.threads}, {"peer_name", kPeer}};
    AddFigures(row, "ours", ours, name);
    AddFigures(row, "peer", peer, kPeer);
    row["time_ratio"] = ours && peer ? nlohmann::json(ours->median / peer->median) : nullptr;
    return row;
  }

  void AddFigures(nlohmann::json& row, const std::string& whose, const std::optional<Figure>& time,
                  const std::string& system) const {
    row[whose + "_steps_per_s"] = time ? nlohmann::json(1 / time->median) : nullptr;
    row[whose + "_peak_bytes"] = time ? nlohmann::json(peak_bytes_.at(system)) : nullptr;
  }

  const TrainBenchmarkOptions& options_;
  std::vector<int> ring_sizes_;
  Alternation systems_;
  std::map<std::string, double> peak_bytes_;
};

}  // namespace

nlohmann::json BenchmarkTraining(const TrainBenchmarkOptions& options) {
  return TrainBenchmark(options).Run();
}

}  // namespace experiments
