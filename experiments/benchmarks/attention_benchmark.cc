#include "experiments/benchmarks/attention_benchmark.h"

#include "experiments/benchmarks/alternation.h"
#include "experiments/benchmarks/busy_process.h"
#include "ring/kernel/block_attention.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <functional>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace experiments {
namespace {

struct Shape {
  std::string dtype;
  at::ScalarType type = at::kFloat;
  int64_t heads = 1, head_dim = 64, tokens = 1;
  bool causal = true;

  double ForwardFlops() const {
    const double size = static_cast<double>(tokens);
    const double pairs = causal ? size * size / 2 : size * size;
    return 4 * pairs * static_cast<double>(head_dim * heads);
  }
};

struct Results {
  at::Tensor out, lse, grad_q, grad_k, grad_v;
};

at::ScalarType TypeOf(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "float64") return at::kDouble;
  if (name == "bfloat16") return at::kBFloat16;
  throw std::invalid_argument("'" + name + "' is none of float32, float64, bfloat16");
}

int64_t PositiveInteger(const std::string& word) {
  int64_t value = 0;
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || rest != end || value < 1) {
    throw std::invalid_argument("'" + word + "' is not a positive whole number");
  }
  return value;
}

ring::BlockVisibility VisibilityOf(const Shape& shape) {
  const auto size = static_cast<int32_t>(shape.tokens);
  ring::BlockVisibility visibility;
  for (int32_t token = 0; token < size; ++token) {
    visibility.keys_of_query.push_back({.begin = 0, .end = shape.causal ? token + 1 : size});
    visibility.queries_of_key.push_back({.begin = shape.causal ? token : 0, .end = size});
    visibility.query_positions.push_back(token);
    visibility.key_positions.push_back(token);
  }
  return visibility;
}

// Inputs and both kernels. Inputs are stored by token, as a fused projection leaves them.
class Problem {
 public:
  explicit Problem(const Shape& shape) : shape_(shape), visibility_(VisibilityOf(shape)) {
    at::Generator generator = at::detail::createCPUGenerator(/*seed=*/301);
    for (at::Tensor* x : {&q_, &k_, &v_, &grad_}) {
      *x = at::randn({1, shape.tokens, shape.heads, shape.head_dim}, generator, at::kFloat)
               .to(shape.type)
               .transpose(1, 2);
    }
  }

  Problem FirstHeadInDouble() const {
    Problem head = *this;
    head.shape_.type = at::kDouble;
    head.shape_.heads = 1;
    for (at::Tensor* x : {&head.q_, &head.k_, &head.v_, &head.grad_}) {
      *x = x->narrow(1, 0, 1).to(at::kDouble);
    }
    return head;
  }

  void OurForward(Results& results) const {
    auto pass = ring::MakeForwardPass(q_, shape_.heads, shape_.tokens, Options());
    pass->Attend(k_, v_, visibility_);
    const ring::PartialAttention whole = pass->Finish();
    results.out = whole.out_BHQD;
    results.lse = whole.lse_BHQ;
  }

  void OurBackward(Results& results) const {
    results.grad_k = at::zeros(k_.sizes(), results.out.options());
    results.grad_v = at::zeros(v_.sizes(), results.out.options());
    auto pass = ring::MakeBackwardPass(q_, {results.out, results.lse}, grad_, shape_.heads,
                                       shape_.tokens, Options());
    pass->Attend(k_, v_, visibility_, results.grad_k, results.grad_v);
    results.grad_q = pass->FinishGradQ();
  }

  void LibraryForward(Results& results) const {
    std::tie(results.out, results.lse) = at::_scaled_dot_product_flash_attention_for_cpu(
        q_, k_, v_, /*dropout_p=*/0.0, shape_.causal);
  }

  void LibraryBackward(Results& results) const {
    std::tie(results.grad_q, results.grad_k, results.grad_v) =
        at::_scaled_dot_product_flash_attention_for_cpu_backward(
            grad_, q_, k_, v_, results.out, results.lse, /*dropout_p=*/0.0, shape_.causal);
  }

 private:
  ring::BlockAttentionOptions Options() const {
    return {.scale = 1 / std::sqrt(static_cast<double>(shape_.head_dim)), .operands = shape_.type};
  }

  Shape shape_;
  ring::BlockVisibility visibility_;
  at::Tensor q_, k_, v_, grad_;
};

double SecondsOf(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// One product of square matrices. Smaller for bfloat16, which is a hundred times slower on
// processors without such products.
struct Gemm {
  at::Tensor a;

  explicit Gemm(at::ScalarType type) {
    const int64_t size = type == at::kBFloat16 ? 512 : 2048;
    at::Generator generator = at::detail::createCPUGenerator(/*seed=*/301);
    a = at::randn({size, size}, generator, at::kFloat).to(type);
  }
  void Run() const { at::mm(a, a); }
  double Gflop() const { return 2e-9 * std::pow(static_cast<double>(a.size(0)), 3); }
};

// Head 0 of `ours` against `exact`, which has no other.
double Error(const at::Tensor& ours, const at::Tensor& exact) {
  const at::Tensor difference = ours.narrow(1, 0, 1).to(at::kDouble) - exact;
  return (difference.norm() / exact.norm()).item<double>();
}

// The largest errors of a forward and a backward pass.
struct Errors {
  double forward = 0, backward = 0;

  Errors(const Results& results, const Results& exact)
      : forward(Error(results.out, exact.out)),
        backward(std::max({Error(results.grad_q, exact.grad_q), Error(results.grad_k, exact.grad_k),
                           Error(results.grad_v, exact.grad_v)})) {}
};

Results ExactFirstHead(const Problem& problem) {
  const Problem head = problem.FirstHeadInDouble();
  Results exact;
  head.OurForward(exact);
  head.OurBackward(exact);
  return exact;
}

// One configuration, in every pass.
class Comparison {
 public:
  explicit Comparison(const Shape& shape)
      : shape_(shape), problem_(shape), gemm_(shape.type), float_gemm_(at::kFloat) {
    AddTimed("our forward", [this] { problem_.OurForward(ours_); });
    AddTimed("library forward", [this] { problem_.LibraryForward(library_); });
    AddTimed("our backward", [this] { problem_.OurBackward(ours_); });
    AddTimed("library backward", [this] { problem_.LibraryBackward(library_); });
    AddTimed("gemm", [this] { gemm_.Run(); });
    if (shape.type == at::kBFloat16) AddTimed("float gemm", [this] { float_gemm_.Run(); });
  }

  void Run(int repetitions) {
    for (const auto& run : warm_up_) run();
    turns_.Run(repetitions);
  }

  // `row` holds what all rows of the configuration have.
  void AppendRows(const nlohmann::json& row, nlohmann::json& rows) const {
    const Results exact = ExactFirstHead(problem_);
    const Errors ours(ours_, exact), library(library_, exact);
    const double our_forward = Seconds("our forward"), our_backward = Seconds("our backward");
    const double forward = Seconds("library forward"), backward = Seconds("library backward");
    const auto append = [&](const char* pass, double share, double our_time, double time) {
      nlohmann::json result = {{"pass", pass}};
      result.update(row);
      result["ours_gflops"] = share * shape_.ForwardFlops() * 1e-9 / our_time;
      result["library_gflops"] = share * shape_.ForwardFlops() * 1e-9 / time;
      result["gemm_gflops"] = GemmGflops();
      rows.push_back(std::move(result));
    };
    append("forward", 1, our_forward, forward);
    rows.back()["relative_error"] = ours.forward;
    rows.back()["library_relative_error"] = library.forward;
    append("backward", 2.5, our_backward, backward);
    rows.back()["relative_error"] = ours.backward;
    rows.back()["library_relative_error"] = library.backward;
    append("both", 3.5, our_forward + our_backward, forward + backward);
    rows.back()["relative_error"] = std::max(ours.forward, ours.backward);
    rows.back()["library_relative_error"] = std::max(library.forward, library.backward);
  }

 private:
  void AddTimed(const std::string& system, std::function<void()> run) {
    warm_up_.push_back(run);
    turns_.Add(system, [run = std::move(run)] { return std::optional(SecondsOf(run)); });
  }

  double Seconds(const std::string& system) const { return turns_.Of(system)->median; }

  double GemmGflops() const {
    const double gflops = gemm_.Gflop() / Seconds("gemm");
    if (shape_.type != at::kBFloat16) return gflops;
    return std::max(gflops, float_gemm_.Gflop() / Seconds("float gemm"));
  }

  Shape shape_;
  Problem problem_;
  Gemm gemm_, float_gemm_;
  Results ours_, library_;
  Alternation turns_;
  std::vector<std::function<void()>> warm_up_;
};

std::vector<Shape> ShapesOf(const AttentionBenchmarkOptions& options) {
  std::vector<Shape> shapes;
  for (const std::string& dtype : options.dtypes) {
    for (const std::string& heads : options.heads) {
      for (const std::string& head_dim : options.head_dims) {
        for (const std::string& tokens : options.tokens) {
          shapes.push_back({.dtype = dtype,
                            .type = TypeOf(dtype),
                            .heads = PositiveInteger(heads),
                            .head_dim = PositiveInteger(head_dim),
                            .tokens = PositiveInteger(tokens),
                            .causal = options.causal});
        }
      }
    }
  }
  return shapes;
}

}  // namespace

nlohmann::json BenchmarkAttention(const AttentionBenchmarkOptions& options) {
  if (options.threads < 1 || options.repetitions < 1) {
    throw std::invalid_argument("threads and repetitions must be at least 1");
  }
  const std::vector<Shape> shapes = ShapesOf(options);
  const int threads_before = at::get_num_threads();
  at::set_num_threads(options.threads);
  std::optional<BusyProcess> neighbor;
  if (options.busy_neighbor) neighbor.emplace();
  nlohmann::json rows = nlohmann::json::array();
  for (const Shape& shape : shapes) {
    Comparison comparison(shape);
    comparison.Run(options.repetitions);
    comparison.AppendRows({{"dtype", shape.dtype},
                           {"heads", shape.heads},
                           {"head_dim", shape.head_dim},
                           {"tokens", shape.tokens},
                           {"causal", shape.causal},
                           {"threads", options.threads},
                           {"busy_neighbor", options.busy_neighbor}},
                          rows);
  }
  at::set_num_threads(threads_before);
  return rows;
}

}  // namespace experiments
