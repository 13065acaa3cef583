#include "experiments/benchmarks/train_benchmark.h"

#include "experiments/benchmarks/alternation.h"
#include "experiments/benchmarks/peer_process.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

namespace experiments {
namespace {

struct Peer {
  std::string name;  // as train_peers.py knows it
  std::string difference;
};

// One shape of one algorithm, ours and the peers.
struct Case {
  TrainStepOptions step;  // its operands are replaced by each of `operands`
  std::vector<std::string> operands = {"float32"};
  std::vector<int> ring_sizes = {1};
  std::vector<Peer> peers;
};

std::vector<Case> DecisionTransformerCases() {
  return {{.step = {.algorithm = "dt", .context_steps = 20, .batch = 64, .updates = 40},
           .peers = {{"pytorch", "no dropout on attention weights"},
                     {"corl", "GELU, padding masks"},
                     {"d3rlpy", "Adam without decay or clipping"}}}};
}

std::vector<Case> Td3BcCases() {
  const std::vector<Peer> peers = {
      {"pytorch", ""},
      {"corl", "ReLU in place of layer norm and tanh, a slow actor, one critic judges the actor"},
      {"d3rlpy",
       "ReLU in place of layer norm and tanh, a slow actor, one critic judges the actor"}};
  return {{.step = {.algorithm = "td3_bc", .batch = 1024, .hidden_dim = 1024, .updates = 40},
           .peers = peers},
          {.step = {.algorithm = "td3_bc", .batch = 256, .hidden_dim = 256, .updates = 400},
           .peers = peers}};
}

std::vector<Case> CasesOf(const std::string& algorithm, const TrainBenchmarkOptions& options) {
  if (algorithm == "dt") return DecisionTransformerCases();
  if (algorithm == "td3_bc") return Td3BcCases();
  if (algorithm != "at") {
    throw std::invalid_argument("bench train measures at, dt and td3_bc, not " + algorithm);
  }
  Case context = {
      .step = options.context, .operands = options.operands, .peers = {{"pytorch", ""}}};
  if (options.threads > 1) context.ring_sizes.push_back(options.threads);
  return {context};
}

std::string NameOf(const std::string& operands, int ring_size) {
  return operands + " on " + std::to_string(ring_size);
}

class CaseBenchmark {
 public:
  CaseBenchmark(const Case& measured, const TrainBenchmarkOptions& options)
      : case_(measured), options_(options) {
    nlohmann::json shape = ShapeForPeers(case_.step);
    shape["threads"] = options.threads;
    for (const Peer& peer : case_.peers) {
      Add(peer.name, options.python, options.peer_script, {peer.name, shape.dump()});
    }
    ForEachOwn([&](const std::string& operands, int ring_size) {
      Add(NameOf(operands, ring_size), options.program, "bench", OwnArguments(operands, ring_size));
    });
  }

  void Run(nlohmann::json& rows) {
    systems_.Run(options_.rounds);
    ForEachOwn([&](const std::string& operands, int ring_size) {
      for (const Peer& peer : case_.peers) rows.push_back(Row(operands, ring_size, peer));
    });
  }

 private:
  template <typename Visit>
  void ForEachOwn(const Visit& visit) const {
    for (const std::string& operands : case_.operands) {
      for (const int ring_size : case_.ring_sizes) visit(operands, ring_size);
    }
  }

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

  std::vector<std::string> OwnArguments(const std::string& operands, int ring_size) const {
    const TrainStepOptions& step = case_.step;
    return {"train-step",
            "--algorithm=" + step.algorithm,
            "--tokens=" + std::to_string(step.tokens),
            "--context-steps=" + std::to_string(step.context_steps),
            "--batch=" + std::to_string(step.batch),
            "--layers=" + std::to_string(step.layers),
            "--heads=" + std::to_string(step.heads),
            "--dim=" + std::to_string(step.dim),
            "--hidden-dim=" + std::to_string(step.hidden_dim),
            "--updates=" + std::to_string(step.updates),
            "--operands=" + operands,
            "--threads=" + std::to_string(options_.threads),
            "--ring-size=" + std::to_string(ring_size)};
  }

  nlohmann::json Row(const std::string& operands, int ring_size, const Peer& peer) const {
    const std::string name = NameOf(operands, ring_size);
    const std::optional<Figure> ours = systems_.Of(name), theirs = systems_.Of(peer.name);
    nlohmann::json row = {{"algorithm", case_.step.algorithm},
                          {"shape", ShapeInWords(case_.step)},
                          {"operands", operands},
                          {"ring_size", ring_size},
                          {"threads", options_.threads},
                          {"peer_name", peer.name},
                          {"difference", peer.difference}};
    AddFigures(row, "ours", ours, name);
    AddFigures(row, "peer", theirs, peer.name);
    row["time_ratio"] = ours && theirs ? nlohmann::json(ours->median / theirs->median) : nullptr;
    return row;
  }

  void AddFigures(nlohmann::json& row, const std::string& whose, const std::optional<Figure>& time,
                  const std::string& system) const {
    row[whose + "_steps_per_s"] = time ? nlohmann::json(1 / time->median) : nullptr;
    row[whose + "_peak_bytes"] = time ? nlohmann::json(peak_bytes_.at(system)) : nullptr;
  }

  const Case& case_;
  const TrainBenchmarkOptions& options_;
  Alternation systems_;
  std::map<std::string, double> peak_bytes_;
};

}  // namespace

nlohmann::json BenchmarkTraining(const TrainBenchmarkOptions& options) {
  nlohmann::json rows = nlohmann::json::array();
  for (const std::string& algorithm : options.algorithms) {
    for (const Case& measured : CasesOf(algorithm, options)) {
      CaseBenchmark(measured, options).Run(rows);
    }
  }
  return rows;
}

}  // namespace experiments
