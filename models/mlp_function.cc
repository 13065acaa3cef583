#include "models/mlp_function.h"

#include "models/packed_matrix.h"
#include "models/row_blocks.h"
#include "models/row_kernels.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// A product with the hidden layer's weights and what comes before and after it, for all rows.
//
// While the packed weights fit the second cache, a block goes through all three in one parallel
// region. Wider ones would be read from memory for every block: then the library multiplies
// everything at once.
class HiddenProduct {
 public:
  enum class Kind { kForward, kBackward };  // a W^T and a W

  HiddenProduct(const at::Tensor& weight, Kind kind)
      : factor_(kind == Kind::kForward ? weight.t() : weight) {
    if (weight.size(0) > kWidestPacked) return;
    packed_.emplace(kind == Kind::kForward ? PackedMatrix::ForOutputs(weight)
                                           : PackedMatrix::ForInputs(weight));
  }

  // `before` fills the rows of a block of `a`; `after` reads those of `c`.
  template <typename Before, typename After>
  void Run(at::Tensor a, at::Tensor c, int64_t scratch_floats, const Before& before,
           const After& after) const {
    if (!packed_) {
      ForEachRowBlock(a.size(0), scratch_floats, before);
      at::mm_out(c, a, factor_);
      return ForEachRowBlock(a.size(0), scratch_floats, after);
    }
    const int64_t width = a.size(1);
    const float* const from = a.const_data_ptr<float>();
    float* const to = c.data_ptr<float>();
    ForEachRowBlock(a.size(0), scratch_floats, [&](const RowBlock& block) {
      before(block);
      packed_->Multiply(from + block.begin * width, width, block.rows(), to + block.begin * width,
                        width);
      after(block);
    });
  }

 private:
  static constexpr int64_t kWidestPacked = 512;

  at::Tensor factor_;
  std::optional<PackedMatrix> packed_;
};

at::Tensor EmptyRows(int64_t rows, int64_t columns) {
  return at::empty({rows, columns}, at::kFloat);
}

float* RowOf(const at::Tensor& tensor, int64_t row) {
  return tensor.data_ptr<float>() + row * tensor.size(1);
}

RowMoments& MomentsOf(const at::Tensor& moments, int64_t row) {
  static_assert(sizeof(RowMoments) == 2 * sizeof(float));
  return *reinterpret_cast<RowMoments*>(RowOf(moments, row));
}

struct Activations {
  at::Tensor before_norm, moments, after_tanh, hidden, y;
};

Activations RunForward(const at::Tensor& x, const MlpWeights& weights) {
  const at::NoGradGuard no_grad;  // a thread has a mode of its own
  const int64_t batch = x.size(0), width = weights.hidden.weight.size(0),
                num_outputs = weights.output.weight.size(0);
  const Activations to = {.before_norm = EmptyRows(batch, width),
                          .moments = EmptyRows(batch, 2),
                          .after_tanh = EmptyRows(batch, width),
                          .hidden = EmptyRows(batch, width),
                          .y = EmptyRows(batch, num_outputs)};
  const PackedMatrix input = PackedMatrix::ForOutputs(weights.input.weight);
  const PackedMatrix output = PackedMatrix::ForOutputs(weights.output.weight);
  const NormAffine norm = {.weight = weights.norm.weight.const_data_ptr<float>(),
                           .bias = weights.norm.bias.const_data_ptr<float>()};
  const float* const input_bias = weights.input.bias.const_data_ptr<float>();
  const float* const hidden_bias = weights.hidden.bias.const_data_ptr<float>();
  const float* const output_bias = weights.output.bias.const_data_ptr<float>();
  const HiddenProduct product(weights.hidden.weight, HiddenProduct::Kind::kForward);
  product.Run(
      to.after_tanh, to.hidden, /*scratch_floats=*/0,
      [&](const RowBlock& block) {
        input.Multiply(RowOf(x, block.begin), x.size(1), block.rows(),
                       RowOf(to.before_norm, block.begin), width);
        for (int64_t row = block.begin; row < block.end; ++row) {
          AddBias(input_bias, width, RowOf(to.before_norm, row));
          MomentsOf(to.moments, row) =
              NormalizeRow(RowOf(to.before_norm, row), norm, width, RowOf(to.after_tanh, row));
          Tanh(width, RowOf(to.after_tanh, row));
        }
      },
      [&](const RowBlock& block) {
        for (int64_t row = block.begin; row < block.end; ++row) {
          AddBiasRelu(hidden_bias, width, RowOf(to.hidden, row));
        }
        output.Multiply(RowOf(to.hidden, block.begin), width, block.rows(),
                        RowOf(to.y, block.begin), num_outputs);
        for (int64_t row = block.begin; row < block.end; ++row) {
          AddBias(output_bias, num_outputs, RowOf(to.y, row));
        }
      });
  return to;
}

// Of one backward pass. Row i of the gradients belongs to row `rows[i]` of the batch.
class Backward {
 public:
  struct Record {
    at::Tensor x, before_norm, moments, after_tanh, hidden;
    at::Tensor input_weight, norm_weight, hidden_weight, output_weight;
  };

  Backward(const Record& record, const at::Tensor& grad_y, bool of_weights, bool of_input)
      : record_(record),
        grad_y_(grad_y.contiguous()),
        of_weights_(of_weights),
        of_input_(of_input),
        width_(record.hidden.size(1)),
        num_outputs_(grad_y.size(1)),
        rows_(of_weights ? AllRows() : RowsThatMatter()),
        num_rows_(std::ssize(rows_)),
        input_(PackedMatrix::ForInputs(of_input ? record.input_weight : at::empty({0, 0}))),
        sums_(num_rows_, (num_outputs_ + 4) * width_ + num_outputs_),
        grad_hidden_(EmptyRows(num_rows_, width_)),
        grad_before_norm_(EmptyRows(num_rows_, width_)) {}

  // -> x, then weight and bias of input, norm, hidden and output
  variable_list Run() {
    const at::NoGradGuard no_grad;
    const bool all = num_rows_ == record_.x.size(0);
    if (of_input_) grad_x_ = all ? at::empty_like(record_.x) : at::zeros_like(record_.x);
    const HiddenProduct product(record_.hidden_weight, HiddenProduct::Kind::kBackward);
    product.Run(
        grad_hidden_, grad_before_norm_, kBlockRows * record_.x.size(1),
        [&](const RowBlock& block) {
          for (int64_t i = block.begin; i < block.end; ++i) IntoHidden(i, sums_.Of(block));
        },
        [&](const RowBlock& block) {
          float* const bias_sums = sums_.Of(block) + num_outputs_ * width_;
          for (int64_t i = block.begin; i < block.end; ++i) IntoInput(i, bias_sums);
          if (of_input_) IntoX(block);
        });
    if (!of_weights_) return {grad_x_, {}, {}, {}, {}, {}, {}, {}, {}};
    const int64_t j = num_outputs_;
    const std::vector<at::Tensor> total =
        sums_.Total().split_with_sizes({j * width_, width_, width_, width_, width_, j});
    return {grad_x_,  at::mm(grad_before_norm_.t(), record_.x),
            total[4], total[2],
            total[3], at::mm(grad_hidden_.t(), record_.after_tanh),
            total[1], total[0].view({j, width_}),
            total[5]};
  }

 private:
  std::vector<int64_t> AllRows() const {
    std::vector<int64_t> rows(grad_y_.size(0));
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
  }

  std::vector<int64_t> RowsThatMatter() const {
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < grad_y_.size(0); ++row) {
      const float* const grad = RowOf(grad_y_, row);
      if (std::any_of(grad, grad + num_outputs_, [](float g) { return g != 0; })) {
        rows.push_back(row);
      }
    }
    return rows;
  }

  // From the gradient of y to that of W2 t + b2.
  void IntoHidden(int64_t i, float* sum) const {
    const float* const hidden = RowOf(record_.hidden, rows_[i]);
    const float* const grad_y = RowOf(grad_y_, rows_[i]);
    float* const grad = RowOf(grad_hidden_, i);
    std::fill_n(grad, width_, 0.0F);
    for (int64_t j = 0; j < num_outputs_; ++j) {
      AddScaled(RowOf(record_.output_weight, j), grad_y[j], width_, grad);
      if (of_weights_) AddScaled(hidden, grad_y[j], width_, sum + j * width_);
    }
    float* const bias_sums = sum + num_outputs_ * width_;
    ReluBackward(hidden, width_, grad, bias_sums);
    AddTo(grad_y, num_outputs_, bias_sums + 4 * width_);
  }

  // From the gradient of t to that of W1 x + b1, in place.
  void IntoInput(int64_t i, float* bias_sums) const {
    float* const grad = RowOf(grad_before_norm_, i);
    TanhBackward(RowOf(record_.after_tanh, rows_[i]), width_, grad);
    NormalizeRowBackward({.x = RowOf(record_.before_norm, rows_[i]),
                          .grad_out = grad,
                          .moments = MomentsOf(record_.moments, rows_[i]),
                          .weight = record_.norm_weight.const_data_ptr<float>(),
                          .residual = nullptr,
                          .grad_x = grad,
                          .weight_sum = bias_sums + width_,
                          .bias_sum = bias_sums + 2 * width_},
                         width_);
    AddTo(grad, width_, bias_sums + 3 * width_);
  }

  void IntoX(const RowBlock& block) const {
    const int64_t num_inputs = record_.x.size(1);
    input_.Multiply(RowOf(grad_before_norm_, block.begin), width_, block.rows(), block.scratch,
                    num_inputs);
    for (int64_t i = block.begin; i < block.end; ++i) {
      std::copy_n(block.scratch + (i - block.begin) * num_inputs, num_inputs,
                  RowOf(grad_x_, rows_[i]));
    }
  }

  const Record& record_;
  at::Tensor grad_y_;
  bool of_weights_, of_input_;
  int64_t width_, num_outputs_;
  std::vector<int64_t> rows_;
  int64_t num_rows_;
  PackedMatrix input_;
  RowSums sums_;  // of W3, then of b2, norm weight, norm bias, b1, then of b3
  at::Tensor grad_hidden_, grad_before_norm_, grad_x_;
};

// Weight and bias of input, norm, hidden and output.
constexpr size_t kNumWeights = 8;

MlpWeights AsStruct(const variable_list& weights, size_t begin) {
  return {.input = {weights[begin], weights[begin + 1]},
          .norm = {weights[begin + 2], weights[begin + 3]},
          .hidden = {weights[begin + 4], weights[begin + 5]},
          .output = {weights[begin + 6], weights[begin + 7]}};
}

void Append(const MlpWeights& weights, variable_list& list) {
  for (const AffineWeights* part :
       {&weights.input, &weights.norm, &weights.hidden, &weights.output}) {
    list.insert(list.end(), {part->weight, part->bias});
  }
}

// Calls run(i) for every perceptron, two on two threads at once.
template <typename Body>
void ForEachMlp(size_t count, const Body& run) {
  if (count != 2 || at::get_num_threads() != 2) {
    for (size_t i = 0; i < count; ++i) run(i);
    return;
  }
  at::parallel_for(0, 2, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) run(static_cast<size_t>(i));
  });
}

// Perceptrons of one input: x, then the weights of each.
class MlpFunction : public torch::autograd::Function<MlpFunction> {
 public:
  // Autograd sees inputs that are arguments of their own.
  template <typename... Tensors>
  static variable_list forward(AutogradContext* context, const Tensors&... inputs) {
    return Run(context, {inputs...});
  }

  static variable_list Run(AutogradContext* context, const variable_list& inputs) {
    const size_t count = inputs.size() / kNumWeights;
    std::vector<Activations> done(count);
    ForEachMlp(count, [&](size_t i) {
      done[i] = RunForward(inputs[0], AsStruct(inputs, 1 + i * kNumWeights));
    });
    variable_list saved = inputs, results;
    for (const Activations& own : done) {
      saved.insert(saved.end(), {own.before_norm, own.moments, own.after_tanh, own.hidden});
      results.push_back(own.y);
    }
    context->save_for_backward(saved);
    return results;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const size_t count = grads.size();
    const bool of_input = context->needs_input_grad(0);
    bool of_weights = false;
    for (size_t i = 1; i <= count * kNumWeights; ++i) {
      of_weights = of_weights || context->needs_input_grad(i);
    }
    std::vector<variable_list> of_each(count);
    ForEachMlp(count, [&](size_t i) {
      const MlpWeights weights = AsStruct(saved, 1 + i * kNumWeights);
      const size_t own = 1 + count * kNumWeights + 4 * i;
      const Backward::Record record = {.x = saved[0],
                                       .before_norm = saved[own],
                                       .moments = saved[own + 1],
                                       .after_tanh = saved[own + 2],
                                       .hidden = saved[own + 3],
                                       .input_weight = weights.input.weight,
                                       .norm_weight = weights.norm.weight,
                                       .hidden_weight = weights.hidden.weight,
                                       .output_weight = weights.output.weight};
      of_each[i] = Backward(record, grads[i], of_weights, of_input).Run();
    });
    variable_list result = {of_each[0][0]};
    for (size_t i = 0; i < count; ++i) {
      if (i > 0 && of_input) result[0].add_(of_each[i][0]);
      result.insert(result.end(), of_each[i].begin() + 1, of_each[i].end());
    }
    return result;
  }
};

template <size_t... kIndices>
variable_list Record(const variable_list& inputs, std::index_sequence<kIndices...> /*all*/) {
  return MlpFunction::apply(inputs[kIndices]...);
}

}  // namespace

at::Tensor RunMlp(const at::Tensor& x_BI, const MlpWeights& weights) {
  const at::Tensor x = x_BI.contiguous();
  if (!at::GradMode::is_enabled()) return RunForward(x, weights).y;
  variable_list inputs = {x};
  Append(weights, inputs);
  return Record(inputs, std::make_index_sequence<1 + kNumWeights>())[0];
}

std::array<at::Tensor, 2> RunTwoMlps(const at::Tensor& x_BI, const MlpWeights& first,
                                     const MlpWeights& second) {
  const at::Tensor x = x_BI.contiguous();
  if (!at::GradMode::is_enabled()) {
    std::array<at::Tensor, 2> y;
    ForEachMlp(2, [&](size_t i) { y[i] = RunForward(x, i == 0 ? first : second).y; });
    return y;
  }
  variable_list inputs = {x};
  Append(first, inputs);
  Append(second, inputs);
  const variable_list y = Record(inputs, std::make_index_sequence<1 + 2 * kNumWeights>());
  return {y[0], y[1]};
}

}  // namespace models
