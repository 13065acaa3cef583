// What carries information from token to token: the part of a sequence model between its embedding
// and its head, replaceable as a whole.
//
// A trunk maps the tokens of a context to as many outputs, each a function of its own token and of
// those before it, never of a later one. It does so for whole contexts (training; on a ring, for a
// rank's shard of them) and token by token behind a cache of its own making (acting); both give the
// same outputs up to rounding. Embedding, head, loss, sampling and acting know no more of it than
// this, so that another way to remember (a recurrence, a state space) is one new class.
//
// Its parameters begin with prefix() in a checkpoint. Biases are named so, and the scales of norms
// "....norm.weight": initial values follow from the names (see parameter_init.h).
//
// Shapes: B chains, T tokens, D model dimension.
#ifndef MODELS_TRUNK_H_
#define MODELS_TRUNK_H_

#include "ring/runtime/ring.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>

namespace models {

struct TransformerPass;

// What a trunk keeps of the tokens it has seen, for a number of chains that advance together.
class TrunkCache {
 public:
  virtual ~TrunkCache() = default;

  virtual int64_t batch_size() const = 0;  // chains
  virtual int64_t length() const = 0;      // tokens seen of every chain
  virtual int64_t bytes() const = 0;       // memory it takes on this rank

  // Forgets every token from `length` on: what follows is computed as if they had never been there.
  // REQUIRES: 0 <= length <= length().
  virtual void Truncate(int64_t length) = 0;

  void Clear() { Truncate(0); }
};

class Trunk : public torch::nn::Module {
 public:
  // First word of its parameters' names, such as "layers". No dots.
  virtual std::string prefix() const = 0;

  // Differentiable. The tokens are a whole context, or this rank's shard under pass.layout.
  virtual at::Tensor Forward(const at::Tensor& x_BTD,
                             const TransformerPass& pass) const = 0;  // -> x_BTD

  // An empty cache, which the ranks of `ring` may share: each of them has a part of it.
  virtual std::unique_ptr<TrunkCache> MakeCache(int64_t batch_size,
                                                const ring::Ring& ring) const = 0;

  // Appends tokens to those in `cache`, which MakeCache() of this trunk made, and returns their
  // outputs. Called without gradients, at least one token at a time, on every rank of the cache's
  // ring with the same tokens, whose outputs are the same on all.
  virtual at::Tensor Continue(const at::Tensor& new_BTD,
                              TrunkCache& cache) const = 0;  // -> x_BTD
};

}  // namespace models

#endif  // MODELS_TRUNK_H_
