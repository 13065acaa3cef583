// Several systems measured in turn, for several rounds.
//
// Whatever else a machine does between two measurements falls on one of them only. In turns it
// falls on all alike, and the median over the rounds forgets the rest.
#ifndef EXPERIMENTS_BENCHMARKS_ALTERNATION_H_
#define EXPERIMENTS_BENCHMARKS_ALTERNATION_H_

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace experiments {

// Of one system over the rounds.
struct Figure {
  double median = 0;
  double min = 0;
  double max = 0;
};

// The figure of `values`; nothing if there are none.
std::optional<Figure> Summarize(std::vector<double> values);

// Sets row[key], row[key_min] and row[key_max]: null where there is no figure.
void PutFigure(nlohmann::json& row, const std::string& key, const std::optional<Figure>& figure);

class Alternation {
 public:
  // One round of a system; nothing when it cannot be measured.
  using Measure = std::function<std::optional<double>()>;

  // REQUIRES: the name is new.
  void Add(const std::string& system, Measure measure);

  // Measures every system once a round, in the order they were added. A system without a figure is
  // not asked again.
  void Run(int rounds);

  std::optional<Figure> Of(const std::string& system) const;

 private:
  struct System {
    std::string name;
    Measure measure;
  };
  std::vector<System> systems_;
  std::map<std::string, std::vector<double>> values_;
};

// Seconds that `run` takes: the median of as many runs as fit into `seconds`, three at least, after
// one that warms the caches. `prepare` goes before each and is not timed.
double MedianTime(double seconds, const std::function<void()>& prepare,
                  const std::function<void()>& run);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_ALTERNATION_H_
