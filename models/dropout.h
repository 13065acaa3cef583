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

// x / (1 - probability) where kept, 0 elsewhere; differentiable. `key` null, or probability 0,
// returns x itself. x_BTD: float32. REQUIRES: 0 <= probability < 1.
at::Tensor Dropout(const at::Tensor& x_BTD, double probability, const DropoutKey* key,
                   const DropoutPlace& place);

// residual_BTD + Dropout(x_BTD), in one pass.
at::Tensor AddDropout(const at::Tensor& residual_BTD, const at::Tensor& x_BTD, double probability,
                      const DropoutKey* key, const DropoutPlace& place);

}  // namespace models

#endif  // MODELS_DROPOUT_H_
