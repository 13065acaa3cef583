#include "rl/agents/parameter_pass.h"

#include "ring/kernel/processor_level.h"
#include "ring/kernel/vector.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rl {
namespace {

constexpr int64_t kPieceSize = 16384;

struct Piece {
  size_t tensor;
  int64_t begin;
  int64_t count;
};

std::vector<Piece> PiecesOf(const std::vector<at::Tensor>& tensors) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < tensors.size(); ++i) {
    TORCH_CHECK(tensors[i].is_contiguous() && tensors[i].scalar_type() == at::kFloat,
                "a pass over parameters takes contiguous float32 tensors");
    for (int64_t begin = 0; begin < tensors[i].numel(); begin += kPieceSize) {
      pieces.push_back({i, begin, std::min(kPieceSize, tensors[i].numel() - begin)});
    }
  }
  return pieces;
}

// Small networks stay on one thread: waking another takes longer.
template <typename Work>
void ForEachPiece(const std::vector<Piece>& pieces, const Work& work) {
  at::parallel_for(0, std::ssize(pieces), /*grain_size=*/4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) work(pieces[i], i);
  });
}

float* At(const std::vector<at::Tensor>& tensors, const Piece& piece) {
  return static_cast<float*>(tensors[piece.tensor].data_ptr()) + piece.begin;
}

RING_EVERY_CPU double SumOfSquaresOf(const float* x, int64_t count) {
  using Lanes = ring::Vector<float, 64>;
  constexpr int64_t kNumLanes = ring::kVectorLanes<Lanes>;
  const int64_t whole = count / kNumLanes * kNumLanes;
  Lanes lanes = {}, values;
  for (int64_t i = 0; i < whole; i += kNumLanes) {
    ring::Load(x + i, values);
    lanes += values * values;
  }
  double sum = 0;
  for (int64_t i = 0; i < kNumLanes; ++i) sum += lanes[i];
  for (int64_t i = whole; i < count; ++i) sum += static_cast<double>(x[i]) * x[i];
  return sum;
}

// The numbers of AdamW that a parameter's own do not change.
struct AdamWNumbers {
  float keep;  // what decay leaves of a parameter
  float gradient_scale;
  float mean_rate;                 // 1 - beta1
  float square_keep, square_rate;  // beta2, 1 - beta2
  float step;                      // learning rate / correction of the mean
  float square_correction;         // 1 / sqrt(correction of the square)
  float epsilon;
};

struct AdamWArrays {
  float* __restrict parameter;
  const float* __restrict gradient;
  float* __restrict mean;
  float* __restrict square;
};

RING_EVERY_CPU void UpdatePiece(const AdamWNumbers& numbers, const AdamWArrays& arrays,
                                int64_t count) {
  const auto [keep, scale, mean_rate, square_keep, square_rate, step, square_correction, epsilon] =
      numbers;
  const auto [parameter, gradient, mean, square] = arrays;
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] * scale;
    const float m = mean[i] + (g - mean[i]) * mean_rate;
    const float s = square[i] * square_keep + g * g * square_rate;
    mean[i] = m;
    square[i] = s;
    parameter[i] = parameter[i] * keep - step * m / (std::sqrt(s) * square_correction + epsilon);
  }
}

RING_EVERY_CPU void MovePiece(const float* __restrict source, float rate, int64_t count,
                              float* __restrict target) {
  for (int64_t i = 0; i < count; ++i) target[i] += rate * (source[i] - target[i]);
}

}  // namespace

double SumOfSquares(const std::vector<at::Tensor>& tensors) {
  const std::vector<Piece> pieces = PiecesOf(tensors);
  std::vector<double> sums(pieces.size());
  ForEachPiece(pieces, [&](const Piece& piece, int64_t i) {
    sums[i] = SumOfSquaresOf(At(tensors, piece), piece.count);
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

void RunAdamW(const AdamWPass& pass, const std::vector<at::Tensor>& parameters,
              const std::vector<at::Tensor>& gradients, const std::vector<at::Tensor>& means,
              const std::vector<at::Tensor>& squares) {
  const auto update = static_cast<double>(pass.update);
  const double mean_correction = 1 - std::pow(pass.beta1, update);
  const double square_correction = 1 - std::pow(pass.beta2, update);
  const AdamWNumbers numbers = {
      .keep = 1,
      .gradient_scale = static_cast<float>(pass.gradient_scale),
      .mean_rate = static_cast<float>(1 - pass.beta1),
      .square_keep = static_cast<float>(pass.beta2),
      .square_rate = static_cast<float>(1 - pass.beta2),
      .step = static_cast<float>(pass.learning_rate / mean_correction),
      .square_correction = static_cast<float>(1 / std::sqrt(square_correction)),
      .epsilon = static_cast<float>(pass.epsilon)};
  ForEachPiece(PiecesOf(parameters), [&](const Piece& piece, int64_t) {
    AdamWNumbers own = numbers;
    own.keep = static_cast<float>(1 - pass.learning_rate * pass.weight_decays[piece.tensor]);
    UpdatePiece(own,
                {.parameter = At(parameters, piece),
                 .gradient = At(gradients, piece),
                 .mean = At(means, piece),
                 .square = At(squares, piece)},
                piece.count);
  });
}

void MoveTowards(const std::vector<at::Tensor>& targets, const std::vector<at::Tensor>& sources,
                 double rate) {
  ForEachPiece(PiecesOf(targets), [&](const Piece& piece, int64_t) {
    MovePiece(At(sources, piece), static_cast<float>(rate), piece.count, At(targets, piece));
  });
}

}  // namespace rl
