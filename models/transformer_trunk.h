// The pre-norm GPT trunk: a stack of transformer layers, every token attending to all before it.
#ifndef MODELS_TRANSFORMER_TRUNK_H_
#define MODELS_TRANSFORMER_TRUNK_H_

#include "models/transformer_options.h"
#include "models/trunk.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace models {

class TransformerLayer;

class TransformerTrunk : public Trunk {
 public:
  // REQUIRES: Validate(options).
  explicit TransformerTrunk(const AgenticTransformerOptions& options);

  std::string prefix() const override { return "layers"; }
  at::Tensor Forward(const at::Tensor& x_BTD, const TransformerPass& pass) const override;

  // A KeyValueCache. Behind it a few tokens are worked out by every rank, which together attend
  // over what each has kept; many are shared out like a context of their own.
  std::unique_ptr<TrunkCache> MakeCache(int64_t batch_size, const ring::Ring& ring) const override;
  at::Tensor Continue(const at::Tensor& new_BTD, TrunkCache& cache) const override;

 private:
  AgenticTransformerOptions options_;
  std::vector<std::shared_ptr<TransformerLayer>> layers_;  // registered as "0", "1", ...
};

}  // namespace models

#endif  // MODELS_TRANSFORMER_TRUNK_H_
