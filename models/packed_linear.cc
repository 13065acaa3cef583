#include "models/packed_linear.h"

#include "ring/kernel/tile_product.h"

#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>

namespace models {
namespace {

constexpr int64_t kLanes = ring::kLanes<float>;
constexpr int64_t kPieceWeights = 8192;

}  // namespace

PackedLinear::PackedLinear(const at::Tensor& weight, const at::Tensor& bias)
    : inputs_(weight.size(1)),
      outputs_(weight.size(0)),
      piece_outputs_(2 * kLanes * std::max<int64_t>(1, kPieceWeights / inputs_ / (2 * kLanes))),
      bias_(bias.detach().to(at::kFloat).clone()) {
  TORCH_CHECK(bias.sizes() == weight.sizes().slice(0, 1), "a bias of ", bias.sizes(),
              " does not belong to weights of ", weight.sizes());
  const int64_t padded = ring::PadToLanes<float>(outputs_);
  const at::Tensor whole_panels = at::zeros({padded, inputs_}, at::kFloat);
  whole_panels.narrow(0, 0, outputs_).copy_(weight.detach());
  panels_ = whole_panels.view({-1, kLanes, inputs_}).transpose(1, 2).contiguous();
}

int64_t PackedLinear::first_output(int64_t piece) const {
  return std::min(piece * piece_outputs_, outputs_);
}

void PackedLinear::Apply(int64_t piece, int64_t num_rows, Rows<const float> x, Rows<float> y,
                         bool add) const {
  const int64_t begin = first_output(piece), end = first_output(piece + 1);
  const float* const bias = bias_.const_data_ptr<float>();
  for (int64_t row = 0; row < num_rows; ++row) {
    float* const to = y.data + row * y.stride;
    for (int64_t i = begin; i < end; ++i) to[i] = add ? to[i] + bias[i] : bias[i];
  }
  ring::Multiply({.rows = num_rows,
                  .depth = inputs_,
                  .columns = end - begin,
                  .a = x.data,
                  .a_row_stride = x.stride,
                  .b = panels_.const_data_ptr<float>() + begin * inputs_,
                  .b_panel_stride = inputs_ * kLanes,
                  .c = y.data + begin,
                  .c_row_stride = y.stride,
                  .add = true});
}

void PackedLinear::ApplyAll(int64_t num_rows, Rows<const float> x, Rows<float> y) const {
  for (int64_t piece = 0; piece < num_pieces(); ++piece) Apply(piece, num_rows, x, y);
}

}  // namespace models
