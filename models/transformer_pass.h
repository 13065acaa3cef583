// How one pass through a network runs, the same for every layer.
#ifndef MODELS_TRANSFORMER_PASS_H_
#define MODELS_TRANSFORMER_PASS_H_

#include "models/dropout.h"
#include "ring/attention/attention.h"
#include "ring/attention/sharded_cache.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/ring.h"

#include <ATen/core/ScalarType.h>

namespace models {

struct TransformerPass {
  const ring::Ring& ring;
  const ring::SequenceLayout& layout;  // of the tokens of this pass
  ring::RingMethod method = ring::RingMethod::kRing;
  at::ScalarType operands = at::kFloat;  // what attention's products are computed from

  const DropoutKey* dropout = nullptr;  // null: nothing is dropped
  ring::ShardedCache* cache = nullptr;  // null: the tokens are a whole context

  // With a cache: every rank computes all tokens of the pass, as acting does, and not its shard.
  bool every_token = false;
};

}  // namespace models

#endif  // MODELS_TRANSFORMER_PASS_H_
