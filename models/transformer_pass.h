// How one pass through a network runs, the same for every layer.
#ifndef MODELS_TRANSFORMER_PASS_H_
#define MODELS_TRANSFORMER_PASS_H_

#include "models/dropout.h"
#include "models/key_value_cache.h"
#include "ring/attention/attention.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/ring.h"

#include <ATen/core/ScalarType.h>

namespace models {

struct TransformerPass {
  const ring::Ring& ring;
  const ring::SequenceLayout& layout;  // of all tokens seen, those in the cache included
  ring::RingMethod method = ring::RingMethod::kRing;
  at::ScalarType operands = at::kFloat;  // what attention's products are computed from

  const DropoutKey* dropout = nullptr;  // null: nothing is dropped
  KeyValueCache* cache = nullptr;       // null: the tokens are a whole context
};

}  // namespace models

#endif  // MODELS_TRANSFORMER_PASS_H_
