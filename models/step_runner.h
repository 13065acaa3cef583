// An Agentic Transformer that acts: one step at a time behind a cache, as fast as its weights and
// the cache can be read.
//
// For a few tokens the library's calls cost more than their arithmetic. Here a step is five phases
// a layer in one parallel region, over weights packed beforehand and buffers that stay:
//
//   qkv      the normalised tokens' queries, keys and values; the latter enter the cache
//   attend   queries over the cache, its spans on all threads; on a ring every rank over its share,
//            and the ranks' results become one
//   out      x += what was attended to, projected
//   up       the normalised tokens' hidden activations
//   down     x += the hidden activations, projected
//
// In the last layer only the token that predicts goes on once its keys and values are kept.
//
// The weights are those of the moment the runner was made: training goes on without it.
//
// Shapes: B chains, T new tokens, D model dimension, A action.
#ifndef MODELS_STEP_RUNNER_H_
#define MODELS_STEP_RUNNER_H_

#include "models/context.h"
#include "models/packed_linear.h"
#include "models/row_arithmetic.h"
#include "models/step_embedding.h"
#include "models/transformer_options.h"
#include "models/trunk.h"
#include "ring/attention/sharded_cache.h"
#include "ring/kernel/decode_attention.h"
#include "ring/layout/sequence_layout.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace models {

class AgenticTransformer;

class StepRunner {
 public:
  // Whether the network's trunk is the transformer that is written down here.
  static bool Serves(const AgenticTransformer& network);

  // Acts in `batch_size` chains. Packs the network's weights: some milliseconds. REQUIRES:
  // Serves().
  StepRunner(const AgenticTransformer& network, int64_t batch_size);

  // As AgenticTransformer::ActStep, up to rounding (1e-5); the same bits whatever the number of
  // threads, and on every rank of the cache's ring.
  at::Tensor ActStep(const ContextStep& step, TrunkCache& cache);  // -> action_BA

 private:
  friend class StepPhases;

  struct Layer {
    RowNorm attention_norm, feed_forward_norm;
    PackedLinear qkv, out, up, down;

    // Of the current step.
    ring::ShardedCache::LayerMemory memory = {};
    ring::DecodeWork attention = {};

    int64_t NumWeights() const;
  };

  void MakeBuffers();
  void Start(ring::ShardedCache& cache, const ring::SequenceLayout& next);
  void MergeOverRanks(int64_t layer, const ring::Ring& ring);
  int UsefulThreads() const;

  AgenticTransformerOptions options_;
  int64_t batch_size_;
  StepEmbedding embedding_;
  std::vector<Layer> layers_;
  RowNorm final_norm_;
  PackedLinear action_;

  // One after another in `buffers_`, each for as many rows as a step has tokens.
  at::Tensor buffers_;
  float *x_BTD_ = nullptr, *norm_BTD_ = nullptr, *qkv_BT3D_ = nullptr, *attended_BTD_ = nullptr,
        *hidden_BTF_ = nullptr, *lse_BHT_ = nullptr;

  // Of the current step.
  int64_t num_tokens_ = 0;     // T
  int64_t num_held_ = 0;       // tokens this rank has held before
  std::vector<int64_t> mine_;  // those of the new tokens that this rank is to hold
  at::Tensor action_BA_;
};

}  // namespace models

#endif  // MODELS_STEP_RUNNER_H_
