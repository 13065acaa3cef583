#include "experiments/benchmarks/act_step.h"

#include "experiments/benchmarks/alternation.h"
#include "models/agentic_transformer.h"
#include "models/key_value_cache.h"
#include "models/step_runner.h"
#include "ring/kernel/processor_level.h"
#include "ring/kernel/thread_team.h"
#include "ring/kernel/vector.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace experiments {
namespace {

constexpr int64_t kObservationDim = 24, kActionDim = 6;  // a walker's
constexpr int64_t kTokensPerStep = 4;
constexpr int64_t kEpisodeSteps = 1000;

models::AgenticTransformerOptions Shape(const ActStepOptions& options) {
  return {.observation_dim = kObservationDim,
          .action_dim = kActionDim,
          .num_layers = options.layers,
          .num_heads = options.heads,
          .model_dim = options.dim,
          .max_episode_steps = kEpisodeSteps,
          .tokens = models::TokenLayout::kFour};
}

at::Generator Generator() { return at::make_generator<at::CPUGeneratorImpl>(/*seed=*/301); }

// The step acted on, and the outcome of the one before.
models::ContextStep LastStep(const ActStepOptions& options) {
  const int64_t chains = options.episodes, last = options.context_steps - 1;
  const auto index = [&](int64_t value) { return at::full({chains}, value, at::kLong); };
  models::ContextStep step = {.observation_BO = at::rand({chains, kObservationDim}, Generator()),
                              .return_to_go_B = at::rand({chains}, Generator()),
                              .step_B = index(last % kEpisodeSteps),
                              .trajectory_B = index(last / kEpisodeSteps),
                              .previous = std::nullopt};
  if (last == 0) return step;
  step.previous = models::StepOutcome{.action_BA = at::rand({chains, kActionDim}, Generator()),
                                      .reward_B = at::rand({chains}, Generator()),
                                      .completed_B = at::zeros({chains}),
                                      .step_B = index((last - 1) % kEpisodeSteps),
                                      .trajectory_B = index((last - 1) / kEpisodeSteps)};
  return step;
}

models::Context WholeContext(const ActStepOptions& options) {
  const int64_t chains = options.episodes, steps = options.context_steps;
  const auto uniform = [&](at::IntArrayRef sizes) { return at::rand(sizes, Generator()); };
  const at::Tensor index_BS = at::arange(steps, at::kLong).expand({chains, steps});
  return {.observation_BSO = uniform({chains, steps, kObservationDim}),
          .action_BSA = uniform({chains, steps, kActionDim}),
          .reward_BS = uniform({chains, steps}),
          .return_to_go_BS = uniform({chains, steps}),
          .completed_BS = at::zeros({chains, steps}),
          .step_BS = index_BS.remainder(kEpisodeSteps),
          .trajectory_BS = index_BS.div(kEpisodeSteps, "floor")};
}

// Fills the cache with random keys and values: computing those of 64,000 tokens would take longer
// than everything that is measured.
void Fill(ring::ShardedCache& cache, int64_t num_tokens) {
  const ring::SequenceLayout next = cache.NextTokens(num_tokens);
  const int64_t floats = num_tokens * cache.options().head_dim;
  const at::Tensor random = at::rand({floats}, Generator()).sub(0.5);
  for (int64_t layer = 0; layer < cache.options().num_layers; ++layer) {
    const ring::ShardedCache::LayerMemory memory = cache.Open(layer, next);
    const int64_t rows = cache.options().batch_size * cache.options().num_key_heads;
    for (int64_t row = 0; row < rows; ++row) {
      for (std::byte* const kind : {memory.k, memory.v}) {
        std::memcpy(kind + row * memory.head_bytes, random.const_data_ptr<float>(),
                    static_cast<size_t>(floats) * sizeof(float));
      }
    }
  }
  cache.Advance(next);
}

// Adds up `count` words of 64 bytes, eight at a time.
template <int kVectorBytes>
[[gnu::always_inline]] inline uint64_t SumOfWords(const unsigned char* words, int64_t count) {
  using V = ring::Vector<uint64_t, kVectorBytes>;
  constexpr int64_t kInFlight = 8;
  V sums[kInFlight] = {}, x;
  for (int64_t byte = 0; byte < count * 64; byte += kInFlight * kVectorBytes) {
    for (int64_t i = 0; i < kInFlight; ++i) {
      ring::Load(words + byte + i * kVectorBytes, x);
      sums[i] += x;
    }
  }
  for (int64_t i = 1; i < kInFlight; ++i) sums[0] += sums[i];
  return sums[0][0];
}

// Seconds of reading `bytes` once on all threads.
double ReadingTime(int64_t bytes, double seconds) {
  constexpr int64_t kPieceWords = 4096;  // of 64 bytes
  const int64_t num_pieces = bytes / (64 * kPieceWords) + 1;
  const at::Tensor memory = at::zeros({num_pieces * kPieceWords * 64}, at::kByte);
  const auto* const words = static_cast<const unsigned char*>(memory.const_data_ptr());
  std::atomic<uint64_t> checksum = 0;
  const auto read = [&] {
    ring::RunPieces(num_pieces, at::get_num_threads(), [&](int64_t piece, int) {
      uint64_t sum = 0;
      ring::RunAt(
          ring::BestLevel(), [&]<int kVectorBytes>() __attribute__((always_inline)) {
            sum = SumOfWords<kVectorBytes>(words + piece * kPieceWords * 64, kPieceWords);
          });
      checksum += sum;
    });
  };
  return MedianTime(
      seconds, [] {}, read);
}

int64_t WeightBytes(const models::AgenticTransformer& network) {
  int64_t floats = 0;
  for (const auto& item : network.named_parameters()) {
    if (item.key().starts_with("layers.")) floats += item.value().numel();
  }
  return floats * static_cast<int64_t>(sizeof(float));
}

// Control steps behind the same context again and again: what each has added is forgotten.
template <typename Act>
double TimeOfStep(models::TrunkCache& cache, const ActStepOptions& options, const Act& act) {
  const models::ContextStep step = LastStep(options);
  const int64_t length = cache.length();
  return MedianTime(
      options.seconds, [&] { cache.Truncate(length); }, [&] { act(step); });
}

void Check(const ActStepOptions& options) {
  if (options.context_steps >= 1 && options.episodes >= 1) return;
  throw std::invalid_argument("--context-steps and --episodes must be at least 1");
}

}  // namespace

ActStepFigures MeasureActStep(const ActStepOptions& options) {
  Check(options);
  const c10::InferenceMode no_gradients;
  const models::AgenticTransformer network(Shape(options), Generator());
  const auto cache = network.MakeCache(options.episodes);
  models::StepRunner runner(network, options.episodes);
  // The outcome of the step before enters with the step.
  const int64_t seen = (options.context_steps - 1) * kTokensPerStep - 2;
  if (seen > 0) Fill(dynamic_cast<models::KeyValueCache&>(*cache).shards(), seen);
  ActStepFigures figures;
  figures.cached = TimeOfStep(
      *cache, options, [&](const models::ContextStep& step) { runner.ActStep(step, *cache); });
  figures.by_layers = TimeOfStep(
      *cache, options, [&](const models::ContextStep& step) { network.ActStep(step, *cache); });
  figures.cache_bytes = cache->bytes() / options.episodes;
  figures.bound = ReadingTime(cache->bytes() + WeightBytes(network), options.seconds);
  if (options.recompute) {
    const models::ContextShard whole =
        models::TakeShard(WholeContext(options), ring::LayoutKind::kContiguous, ring::Ring());
    figures.recomputed = MedianTime(
        options.seconds, [] {}, [&] { network.Forward(whole, /*dropout=*/nullptr, ring::Ring()); });
  }
  return figures;
}

}  // namespace experiments
