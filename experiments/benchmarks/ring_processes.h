// The processes of one measurement: this program, once per rank, waiting to be told what to do.
//
// They stay while several measurements take turns, so that none pays for starting and meeting.
#ifndef EXPERIMENTS_BENCHMARKS_RING_PROCESSES_H_
#define EXPERIMENTS_BENCHMARKS_RING_PROCESSES_H_

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace experiments {

struct RingProcessOptions {
  std::filesystem::path program;       // this one
  std::vector<std::string> arguments;  // of `bench ring-rank`, but for --requests
  int num_ranks = 1;
};

class RingProcesses {
 public:
  // Returns when all are ready. Throws std::runtime_error, with what a rank said on stderr printed
  // before, when one ends instead.
  explicit RingProcesses(const RingProcessOptions& options);
  ~RingProcesses();  // they end, gladly or not

  // Sends the request to every rank and returns their answers, in rank order. Throws
  // std::runtime_error when a rank ends, or says nothing for ten minutes.
  std::vector<nlohmann::json> Ask(const std::string& request);

 private:
  class Rank;
  std::vector<std::unique_ptr<Rank>> ranks_;
};

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_RING_PROCESSES_H_
