// What happens to one row of activations between the products of a layer.
//
// A row is one token or one transition, its channels contiguous. Sums over it run in 16 lanes that
// are added up in order, on every processor alike.
#ifndef MODELS_ROW_KERNELS_H_
#define MODELS_ROW_KERNELS_H_

#include <cstdint>

namespace models {

// What a layer norm multiplies and adds after shifting and scaling, and what it shifted and scaled
// by.
struct NormAffine {
  const float* weight;
  const float* bias;
};
struct RowMoments {
  float mean;
  float inverse_std;  // 1 / sqrt(variance + 1e-5)
};

// out = (x - mean) * inverse_std * weight + bias. `out` may be x.
RowMoments NormalizeRow(const float* x, const NormAffine& affine, int64_t count, float* out);

// The same from known moments: equal bits.
void NormalizeRowBy(const float* x, const RowMoments& moments, const NormAffine& affine,
                    int64_t count, float* out);

// The gradient of NormalizeRow, of one row.
struct NormGradient {
  const float* x;
  const float* grad_out;
  RowMoments moments;
  const float* weight;
  const float* residual;  // added to grad_x; may be null
  float* grad_x;          // may be grad_out
  float* weight_sum;      // the gradient of weight is added here,
  float* bias_sum;        // that of bias here
};
void NormalizeRowBackward(const NormGradient& row, int64_t count);

// x += bias;  then at 0 where it is negative (NaN stays).
void AddBias(const float* bias, int64_t count, float* x);
void AddBiasRelu(const float* bias, int64_t count, float* x);

// grad is 0 where a ReLU's result is; then sum += grad.
void ReluBackward(const float* result, int64_t count, float* grad, float* sum);

// x becomes tanh(x), to 3e-7 of its size.  grad *= 1 - result^2.
void Tanh(int64_t count, float* x);
void TanhBackward(const float* result, int64_t count, float* grad);

// sum += x;  sum += factor * x.
void AddTo(const float* x, int64_t count, float* sum);
void AddScaled(const float* x, float factor, int64_t count, float* sum);

}  // namespace models

#endif  // MODELS_ROW_KERNELS_H_
