#include "models/layer_functions.h"

#include "models/packed_matrix.h"
#include "models/row_blocks.h"
#include "models/row_kernels.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

namespace models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rows of a tensor whose last dimension is contiguous and whose others can be merged.
const float* RowsOf(const at::Tensor& x) { return x.const_data_ptr<float>(); }
float* MutableRowsOf(const at::Tensor& x) { return x.data_ptr<float>(); }

int64_t NumRows(const at::Tensor& x) { return x.numel() / x.size(-1); }

at::Tensor AsRows(const at::Tensor& x) { return x.reshape({-1, x.size(-1)}); }

// grad_RN^T x_RK: the gradient of weights (N, K).
at::Tensor WeightGradient(const at::Tensor& grad_RN, const at::Tensor& x_RK) {
  return at::mm(AsRows(grad_RN).t(), AsRows(x_RK));
}

NormAffine AffineOf(const at::Tensor& weight, const at::Tensor& bias) {
  return {.weight = weight.const_data_ptr<float>(), .bias = bias.const_data_ptr<float>()};
}

at::Tensor EmptyMoments(const at::Tensor& x) { return at::empty({NumRows(x), 2}, at::kFloat); }

RowMoments* MomentsOf(const at::Tensor& moments) {
  static_assert(sizeof(RowMoments) == 2 * sizeof(float));
  return reinterpret_cast<RowMoments*>(moments.data_ptr<float>());
}

// Backward of a norm and of what is added to its input, for the rows of a block: reads the gradient
// of the norm's result from `grad_normed`, leaves the result itself in `normed`.
struct NormBackward {
  const at::Tensor &x, &weight, &bias, &moments;
  const at::Tensor& residual;  // undefined: nothing was added
  const at::Tensor &normed, &grad_x;

  void Run(const RowBlock& block, const float* grad_normed, float* weight_sum,
           float* bias_sum) const {
    const int64_t dim = x.size(-1);
    for (int64_t row = block.begin; row < block.end; ++row) {
      const float* const from = RowsOf(x) + row * dim;
      const RowMoments row_moments = MomentsOf(moments)[row];
      NormalizeRowBy(from, row_moments, AffineOf(weight, bias), dim,
                     MutableRowsOf(normed) + row * dim);
      NormalizeRowBackward({.x = from,
                            .grad_out = grad_normed + (row - block.begin) * dim,
                            .moments = row_moments,
                            .weight = RowsOf(weight),
                            .residual = residual.defined() ? RowsOf(residual) + row * dim : nullptr,
                            .grad_x = MutableRowsOf(grad_x) + row * dim,
                            .weight_sum = weight_sum,
                            .bias_sum = bias_sum},
                           dim);
    }
  }
};

// Normalises the rows of a block into its scratch.
void NormalizeBlock(const RowBlock& block, const at::Tensor& x, const NormAffine& affine,
                    const at::Tensor& moments) {
  const int64_t dim = x.size(-1);
  for (int64_t row = block.begin; row < block.end; ++row) {
    MomentsOf(moments)[row] =
        NormalizeRow(RowsOf(x) + row * dim, affine, dim, block.scratch + (row - block.begin) * dim);
  }
}

class ProjectFunction : public torch::autograd::Function<ProjectFunction> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& x_BTD,
                               const at::Tensor& norm_weight, const at::Tensor& norm_bias,
                               const at::Tensor& weight, const at::Tensor& bias,
                               int64_t num_heads) {
    const at::Tensor x = x_BTD.contiguous(), moments = EmptyMoments(x);
    const int64_t dim = x.size(2), width = weight.size(0);
    const at::Tensor out =
        at::empty({x.size(0), x.size(1), 3, num_heads, dim / num_heads}, at::kFloat);
    const PackedMatrix packed = PackedMatrix::ForOutputs(weight);
    ForEachRowBlock(NumRows(x), kBlockRows * dim, [&](const RowBlock& block) {
      NormalizeBlock(block, x, AffineOf(norm_weight, norm_bias), moments);
      float* const rows = MutableRowsOf(out) + block.begin * width;
      packed.Multiply(block.scratch, dim, block.rows(), rows, width);
      for (int64_t i = 0; i < block.rows(); ++i) AddBias(RowsOf(bias), width, rows + i * width);
    });
    context->save_for_backward({x, norm_weight, norm_bias, weight, moments});
    return out.unbind(2);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &norm_weight = saved[1], &norm_bias = saved[2],
                     &weight = saved[3], &moments = saved[4];
    const int64_t dim = x.size(2), width = weight.size(0), num_rows = NumRows(x);
    const at::Tensor grad = at::empty({num_rows, width}, at::kFloat);
    const at::Tensor grad_x = at::empty_like(x), normed = at::empty_like(x), no_residual;
    const PackedMatrix packed = PackedMatrix::ForInputs(weight);
    const NormBackward norm = {x, norm_weight, norm_bias, moments, no_residual, normed, grad_x};
    const RowSums sums(num_rows, width + 2 * dim);
    ForEachRowBlock(num_rows, kBlockRows * dim, [&](const RowBlock& block) {
      float* const rows = MutableRowsOf(grad) + block.begin * width;
      float* const sum = sums.Of(block);
      for (int64_t i = 0; i < block.rows(); ++i) {
        Gather(grads, block.begin + i, rows + i * width);
        AddTo(rows + i * width, width, sum);
      }
      packed.Multiply(rows, width, block.rows(), block.scratch, dim);
      norm.Run(block, block.scratch, sum + width, sum + width + dim);
    });
    const std::vector<at::Tensor> total = sums.Total().split_with_sizes({width, dim, dim});
    return {grad_x, total[1], total[2], WeightGradient(grad, normed), total[0], at::Tensor()};
  }

 private:
  // One token's gradients of queries, keys and values, side by side.
  static void Gather(const variable_list& parts_BTHC, int64_t token, float* to) {
    for (const at::Tensor& part : parts_BTHC) {
      const int64_t num_tokens = part.size(1), num_heads = part.size(2), channels = part.size(3);
      const float* const from = part.const_data_ptr<float>() + token / num_tokens * part.stride(0) +
                                token % num_tokens * part.stride(1);
      for (int64_t head = 0; head < num_heads; ++head) {
        const float* const row = from + head * part.stride(2);
        to = std::copy(row, row + channels, to);
      }
    }
  }
};

class AddProjectionFunction : public torch::autograd::Function<AddProjectionFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& residual_BTD,
                            const at::Tensor& x_BTD, const at::Tensor& weight,
                            const at::Tensor& bias, const DropoutMask& mask) {
    const at::Tensor x = x_BTD.contiguous(), residual = residual_BTD.contiguous();
    const int64_t depth = x.size(2), dim = residual.size(2), num_tokens = x.size(1);
    at::Tensor out = at::empty_like(residual);
    const PackedMatrix packed = PackedMatrix::ForOutputs(weight);
    ForEachRowBlock(NumRows(x), kBlockRows * dim, [&](const RowBlock& block) {
      packed.Multiply(RowsOf(x) + block.begin * depth, depth, block.rows(), block.scratch, dim);
      for (int64_t row = block.begin; row < block.end; ++row) {
        mask.Apply({.x = block.scratch + (row - block.begin) * dim,
                    .bias = RowsOf(bias),
                    .residual = RowsOf(residual) + row * dim,
                    .out = MutableRowsOf(out) + row * dim,
                    .num_channels = dim},
                   row / num_tokens, row % num_tokens);
      }
    });
    context->save_for_backward({x, weight});
    mask.Save(*context);
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const at::Tensor grad = grads[0].contiguous();
    const DropoutMask mask = DropoutMask::Load(*context);
    const int64_t depth = x.size(2), dim = grad.size(2), num_tokens = x.size(1);
    const at::Tensor dropped = at::empty_like(grad), grad_x = at::empty_like(x);
    const PackedMatrix packed = PackedMatrix::ForInputs(weight);
    const RowSums sums(NumRows(x), dim);
    ForEachRowBlock(NumRows(x), 0, [&](const RowBlock& block) {
      for (int64_t row = block.begin; row < block.end; ++row) {
        float* const to = MutableRowsOf(dropped) + row * dim;
        mask.Apply({.x = RowsOf(grad) + row * dim, .out = to, .num_channels = dim},
                   row / num_tokens, row % num_tokens);
        AddTo(to, dim, sums.Of(block));
      }
      packed.Multiply(RowsOf(dropped) + block.begin * dim, dim, block.rows(),
                      MutableRowsOf(grad_x) + block.begin * depth, depth);
    });
    return {grads[0], grad_x, WeightGradient(dropped, x), sums.Total(), at::Tensor()};
  }
};

class FeedForwardFunction : public torch::autograd::Function<FeedForwardFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x_BTD,
                            const at::Tensor& norm_weight, const at::Tensor& norm_bias,
                            const at::Tensor& up_weight, const at::Tensor& up_bias,
                            const at::Tensor& down_weight, const at::Tensor& down_bias,
                            const DropoutMask& mask) {
    const at::Tensor x = x_BTD.contiguous(), moments = EmptyMoments(x);
    const int64_t dim = x.size(2), width = up_weight.size(0), num_tokens = x.size(1);
    const at::Tensor hidden = at::empty({NumRows(x), width}, at::kFloat);
    at::Tensor out = at::empty_like(x);
    const PackedMatrix up = PackedMatrix::ForOutputs(up_weight);
    const PackedMatrix down = PackedMatrix::ForOutputs(down_weight);
    ForEachRowBlock(NumRows(x), kBlockRows * dim, [&](const RowBlock& block) {
      NormalizeBlock(block, x, AffineOf(norm_weight, norm_bias), moments);
      float* const rows = MutableRowsOf(hidden) + block.begin * width;
      up.Multiply(block.scratch, dim, block.rows(), rows, width);
      for (int64_t i = 0; i < block.rows(); ++i) {
        AddBiasRelu(RowsOf(up_bias), width, rows + i * width);
      }
      down.Multiply(rows, width, block.rows(), block.scratch, dim);
      for (int64_t row = block.begin; row < block.end; ++row) {
        mask.Apply({.x = block.scratch + (row - block.begin) * dim,
                    .bias = RowsOf(down_bias),
                    .residual = RowsOf(x) + row * dim,
                    .out = MutableRowsOf(out) + row * dim,
                    .num_channels = dim},
                   row / num_tokens, row % num_tokens);
      }
    });
    context->save_for_backward(
        {x, norm_weight, norm_bias, up_weight, down_weight, moments, hidden});
    mask.Save(*context);
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &norm_weight = saved[1], &norm_bias = saved[2],
                     &up_weight = saved[3], &down_weight = saved[4], &moments = saved[5],
                     &hidden = saved[6];
    const at::Tensor grad = grads[0].contiguous();
    const DropoutMask mask = DropoutMask::Load(*context);
    const int64_t dim = x.size(2), width = up_weight.size(0), num_tokens = x.size(1);
    const at::Tensor dropped = at::empty_like(grad), grad_hidden = at::empty_like(hidden);
    const at::Tensor grad_x = at::empty_like(x), normed = at::empty_like(x);
    const PackedMatrix up = PackedMatrix::ForInputs(up_weight);
    const PackedMatrix down = PackedMatrix::ForInputs(down_weight);
    const NormBackward norm = {x, norm_weight, norm_bias, moments, grad, normed, grad_x};
    const RowSums sums(NumRows(x), width + 3 * dim);
    ForEachRowBlock(NumRows(x), kBlockRows * dim, [&](const RowBlock& block) {
      float* const sum = sums.Of(block);
      for (int64_t row = block.begin; row < block.end; ++row) {
        float* const to = MutableRowsOf(dropped) + row * dim;
        mask.Apply({.x = RowsOf(grad) + row * dim, .out = to, .num_channels = dim},
                   row / num_tokens, row % num_tokens);
        AddTo(to, dim, sum + width + 2 * dim);
      }
      float* const rows = MutableRowsOf(grad_hidden) + block.begin * width;
      down.Multiply(RowsOf(dropped) + block.begin * dim, dim, block.rows(), rows, width);
      for (int64_t i = 0; i < block.rows(); ++i) {
        ReluBackward(RowsOf(hidden) + (block.begin + i) * width, width, rows + i * width, sum);
      }
      up.Multiply(rows, width, block.rows(), block.scratch, dim);
      norm.Run(block, block.scratch, sum + width, sum + width + dim);
    });
    const std::vector<at::Tensor> total = sums.Total().split_with_sizes({width, dim, dim, dim});
    return {grad_x,   total[1],
            total[2], WeightGradient(grad_hidden, normed),
            total[0], WeightGradient(dropped, hidden),
            total[3], at::Tensor()};
  }
};

}  // namespace

std::array<at::Tensor, 3> NormalizeAndProject(const at::Tensor& x_BTD, const AffineWeights& norm,
                                              const AffineWeights& qkv, int64_t num_heads) {
  const variable_list parts =
      ProjectFunction::apply(x_BTD, norm.weight, norm.bias, qkv.weight, qkv.bias, num_heads);
  return {parts[0], parts[1], parts[2]};
}

at::Tensor AddProjection(const at::Tensor& residual_BTD, const at::Tensor& x_BTD,
                         const AffineWeights& linear, const DropoutMask& mask) {
  return AddProjectionFunction::apply(residual_BTD, x_BTD, linear.weight, linear.bias, mask);
}

at::Tensor AddFeedForward(const at::Tensor& x_BTD, const AffineWeights& norm,
                          const AffineWeights& up, const AffineWeights& down,
                          const DropoutMask& mask) {
  return FeedForwardFunction::apply(x_BTD, norm.weight, norm.bias, up.weight, up.bias, down.weight,
                                    down.bias, mask);
}

}  // namespace models
