// Dropout whose mask is a function and not a stream.
//
// Whether an activation is kept is a hash of where it stands: (seed, training step, layer, site,
// chain, token position, channel). No generator is shared or advanced, so the mask is the same for
// any number of threads, for any split of the context over ranks, and again in a resumed run.
//
// Shapes: B chains, T tokens, D channels.
#ifndef MODELS_DROPOUT_H_
#define MODELS_DROPOUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace torch::autograd {
struct AutogradContext;
}

namespace models {

// What one forward pass of training adds to the hash.
struct DropoutKey {
  uint64_t seed = 0;
  int64_t train_step = 0;
  int64_t first_chain = 0;  // global index of row 0 of the batch

  // Positions of the tokens in the whole context (int64, one per token); undefined: 0, 1, 2, ...
  at::Tensor position_T = {};
};

// A hash of seed and training step, for masks that others draw.
uint64_t StepSeed(const DropoutKey& key);

// Where in the network a dropout stands.
enum class DropoutSite : int64_t { kEmbedding = 0, kAttention = 1, kFeedForward = 2 };

struct DropoutPlace {
  int64_t layer = 0;
  DropoutSite site = DropoutSite::kEmbedding;
};

// One row of activations on its way through a mask.
struct DropoutRow {
  const float* x;
  const float* bias = nullptr;      // added to x first
  const float* residual = nullptr;  // added to the result
  float* out;                       // may be x
  int64_t num_channels;
};

// The mask of one pass at one place, for whoever goes through an activation row by row.
class DropoutMask {
 public:
  // Keeps everything if `key` is null or the probability 0. REQUIRES: 0 <= probability < 1, and one
  // position per token.
  DropoutMask(double probability, const DropoutKey* key, const DropoutPlace& place);

  // out = residual + (x + bias) * (kept ? 1 / (1 - probability) : 0) for token t of chain b.
  void Apply(const DropoutRow& row, int64_t b, int64_t t) const;

  bool keeps_everything() const { return probability_ == 0; }

  // Nothing is saved for backward but what decides the mask: it is computed again.
  void Save(torch::autograd::AutogradContext& context) const;
  static DropoutMask Load(torch::autograd::AutogradContext& context);

 private:
  DropoutMask() = default;

  uint64_t hash_ = 0;  // of seed, training step, layer and site
  int64_t first_chain_ = 0;
  at::Tensor position_T_;
  double probability_ = 0;
};

// x / (1 - probability) where kept, 0 elsewhere; differentiable. `key` null, or probability 0,
// returns x itself. x_BTD: float32. REQUIRES: 0 <= probability < 1.
at::Tensor Dropout(const at::Tensor& x_BTD, double probability, const DropoutKey* key,
                   const DropoutPlace& place);

// residual_BTD + Dropout(x_BTD), in one pass.
at::Tensor AddDropout(const at::Tensor& residual_BTD, const at::Tensor& x_BTD, double probability,
                      const DropoutKey* key, const DropoutPlace& place);

}  // namespace models

#endif  // MODELS_DROPOUT_H_
