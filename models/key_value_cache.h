// What a transformer keeps of the tokens it has seen: their keys and values, layer by layer, so
// that acting costs one new step and not the whole context again.
//
// On a ring every rank keeps those of its share of the tokens; a ring of one keeps all.
#ifndef MODELS_KEY_VALUE_CACHE_H_
#define MODELS_KEY_VALUE_CACHE_H_

#include "models/trunk.h"
#include "ring/attention/sharded_cache.h"
#include "ring/runtime/ring.h"

#include <cstdint>

namespace models {

// Not differentiable.
class KeyValueCache : public TrunkCache {
 public:
  KeyValueCache(const ring::ShardedCacheOptions& options, const ring::Ring& ring)
      : shards_(options, ring) {}

  int64_t batch_size() const override { return shards_.options().batch_size; }
  int64_t length() const override { return shards_.num_tokens(); }
  int64_t bytes() const override { return shards_.bytes(); }
  void Truncate(int64_t length) override { shards_.Truncate(length); }

  ring::ShardedCache& shards() { return shards_; }

 private:
  ring::ShardedCache shards_;
};

}  // namespace models

#endif  // MODELS_KEY_VALUE_CACHE_H_
