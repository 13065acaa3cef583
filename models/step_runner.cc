#include "models/step_runner.h"

#include "models/agentic_transformer.h"
#include "models/key_value_cache.h"
#include "models/transformer_trunk.h"
#include "ring/kernel/thread_team.h"
#include "ring/kernel/workspace.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace models {
namespace {

enum class StepPhase { kQkv, kAttend, kOut, kUp, kDown };
constexpr int kPhasesOfALayer = 5;

}  // namespace

// What the phases of a step do, for ring::RunPhases().
class StepPhases {
 public:
  explicit StepPhases(StepRunner& runner)
      : runner_(runner),
        batch_size_(runner.batch_size_),
        model_dim_(runner.options_.model_dim),
        num_tokens_(runner.num_tokens_) {}

  int64_t NumPieces(int phase) const {
    const StepRunner::Layer& layer = LayerOf(phase);
    switch (KindOf(phase)) {
      case StepPhase::kQkv:
        return layer.qkv.num_pieces();
      case StepPhase::kAttend:  // none on a rank that holds no key
        return std::max<int64_t>(layer.attention.num_pieces(), 1);
      case StepPhase::kOut:
        return layer.out.num_pieces();
      case StepPhase::kUp:
        return layer.up.num_pieces();
      case StepPhase::kDown:
        return layer.down.num_pieces();
    }
    return 0;
  }

  void Work(int phase, int64_t piece) {
    StepRunner::Layer& layer = LayerOf(phase);
    const int64_t num_rows = NumRows(phase);
    switch (KindOf(phase)) {
      case StepPhase::kQkv:
        return layer.qkv.Apply(piece, batch_size_ * num_tokens_, Read(runner_.norm_BTD_), Qkv());
      case StepPhase::kAttend:
        if (piece < layer.attention.num_pieces()) layer.attention.Attend(piece);
        return;
      case StepPhase::kOut:
        return layer.out.Apply(piece, num_rows, Read(runner_.attended_BTD_), Tokens(phase), true);
      case StepPhase::kUp:
        layer.up.Apply(piece, num_rows, Read(runner_.norm_BTD_), Hidden());
        return Activate(runner_.options_.activation, num_rows, layer.up.first_output(piece),
                        layer.up.first_output(piece + 1), Hidden());
      case StepPhase::kDown:
        return layer.down.Apply(piece, num_rows, {Hidden().data, Hidden().stride}, Tokens(phase),
                                true);
    }
  }

  void Finish(int phase) {
    StepRunner::Layer& layer = LayerOf(phase);
    switch (KindOf(phase)) {
      case StepPhase::kQkv:
        return KeepKeysAndValues(layer);
      case StepPhase::kAttend:
        return layer.attention.Finish(runner_.attended_BTD_, runner_.lse_BHT_);
      case StepPhase::kOut:
        return Normalize(layer.feed_forward_norm, phase);
      case StepPhase::kUp:
        return;
      case StepPhase::kDown:
        if (!IsLast(phase)) return Normalize((&layer + 1)->attention_norm, phase);
        Normalize(runner_.final_norm_, phase);
        return PredictActions();
    }
  }

  // The first layer's, before the first phase.
  void NormalizeTokens() { Normalize(runner_.layers_.front().attention_norm, /*phase=*/-1); }

 private:
  static StepPhase KindOf(int phase) { return static_cast<StepPhase>(phase % kPhasesOfALayer); }
  StepRunner::Layer& LayerOf(int phase) const {
    return runner_.layers_[static_cast<size_t>(phase / kPhasesOfALayer)];
  }
  bool IsLast(int phase) const { return phase >= 0 && &LayerOf(phase) == &runner_.layers_.back(); }

  // The tokens that go on in the phase's layer: all, in the last layer one of every chain.
  int64_t NumRows(int phase) const {
    return IsLast(phase) ? batch_size_ : batch_size_ * num_tokens_;
  }
  Rows<float> Tokens(int phase) const {
    if (!IsLast(phase)) return {runner_.x_BTD_, model_dim_};
    return {runner_.x_BTD_ + (num_tokens_ - 1) * model_dim_, num_tokens_ * model_dim_};
  }
  Rows<const float> Read(const float* rows) const { return {rows, model_dim_}; }
  Rows<float> Qkv() const { return {runner_.qkv_BT3D_, 3 * model_dim_}; }
  Rows<float> Hidden() const {
    return {runner_.hidden_BTF_, runner_.options_.feed_forward_multiplier * model_dim_};
  }

  void Normalize(const RowNorm& norm, int phase) {
    const Rows<float> x = Tokens(phase);
    norm.Apply(NumRows(phase), {x.data, x.stride}, {runner_.norm_BTD_, model_dim_});
  }

  void KeepKeysAndValues(const StepRunner::Layer& layer) {
    const int64_t num_heads = runner_.options_.num_heads, head_dim = model_dim_ / num_heads;
    const auto row_bytes = static_cast<int64_t>(sizeof(float)) * head_dim;
    for (int64_t row = 0; row < batch_size_ * num_heads; ++row) {
      const int64_t chain = row / num_heads, head = row % num_heads;
      const int64_t place = chain * layer.memory.chain_bytes + head * layer.memory.head_bytes +
                            runner_.num_held_ * row_bytes;
      auto* k = reinterpret_cast<float*>(layer.memory.k + place);
      auto* v = reinterpret_cast<float*>(layer.memory.v + place);
      for (const int64_t token : runner_.mine_) {
        const float* const qkv =
            runner_.qkv_BT3D_ + (chain * num_tokens_ + token) * 3 * model_dim_ + head * head_dim;
        k = std::copy_n(qkv + model_dim_, head_dim, k);
        v = std::copy_n(qkv + 2 * model_dim_, head_dim, v);
      }
    }
  }

  void PredictActions() {
    float* const action = runner_.action_BA_.mutable_data_ptr<float>();
    const int64_t action_dim = runner_.options_.action_dim;
    runner_.action_.ApplyAll(batch_size_, Read(runner_.norm_BTD_), {action, action_dim});
    for (int64_t i = 0; i < batch_size_ * action_dim; ++i) action[i] = std::tanh(action[i]);
  }

  StepRunner& runner_;
  int64_t batch_size_, model_dim_, num_tokens_;
};

namespace {

ParameterNamed ParametersOf(const AgenticTransformer& network) {
  return [parameters = network.named_parameters()](const std::string& name) {
    const at::Tensor* const parameter = parameters.find(name);
    TORCH_CHECK(parameter != nullptr, "the network has no parameter ", name);
    return *parameter;
  };
}

PackedLinear Linear(const ParameterNamed& parameter, const std::string& name) {
  return {parameter(name + ".weight"), parameter(name + ".bias")};
}

RowNorm Norm(const ParameterNamed& parameter, const std::string& name) {
  return {parameter(name + ".weight"), parameter(name + ".bias")};
}

}  // namespace

StepRunner::StepRunner(const AgenticTransformer& network, int64_t batch_size)
    : options_(network.options()),
      batch_size_(batch_size),
      embedding_(options_, ParametersOf(network), batch_size) {
  const ParameterNamed parameter = ParametersOf(network);
  for (int64_t index = 0; index < options_.num_layers; ++index) {
    const std::string layer = "layers." + std::to_string(index);
    layers_.push_back({.attention_norm = Norm(parameter, layer + ".attention_norm"),
                       .feed_forward_norm = Norm(parameter, layer + ".feed_forward_norm"),
                       .qkv = Linear(parameter, layer + ".attention.qkv"),
                       .out = Linear(parameter, layer + ".attention.out"),
                       .up = Linear(parameter, layer + ".feed_forward.up"),
                       .down = Linear(parameter, layer + ".feed_forward.down")});
  }
  final_norm_ = Norm(parameter, "final_norm");
  action_ = Linear(parameter, "action");
  MakeBuffers();
}

void StepRunner::MakeBuffers() {
  const int64_t rows = batch_size_ * embedding_.NumTokens(/*with_outcome=*/true);
  const int64_t size = options_.model_dim;
  const auto take = [&](ring::Workspace workspace) {
    x_BTD_ = workspace.Take<float>(rows * size);
    norm_BTD_ = workspace.Take<float>(rows * size);
    qkv_BT3D_ = workspace.Take<float>(rows * 3 * size);
    attended_BTD_ = workspace.Take<float>(rows * size);
    hidden_BTF_ = workspace.Take<float>(rows * options_.feed_forward_multiplier * size);
    lse_BHT_ = workspace.Take<float>(rows * options_.num_heads);
    return workspace.bytes();
  };
  buffers_ = at::empty({take(ring::Workspace())}, at::kByte);
  take(ring::Workspace(buffers_.mutable_data_ptr()));
}

bool StepRunner::Serves(const AgenticTransformer& network) {
  return dynamic_cast<const TransformerTrunk*>(&network.trunk()) != nullptr;
}

at::Tensor StepRunner::ActStep(const ContextStep& step, TrunkCache& seen) {
  const at::NoGradGuard no_grad;
  const ContextStep next = StepBehind(step, options_, seen);
  TORCH_CHECK_VALUE(seen.batch_size() == batch_size_, "a runner of ", batch_size_,
                    " chains cannot act behind a cache of ", seen.batch_size());
  ring::ShardedCache& cache = dynamic_cast<KeyValueCache&>(seen).shards();
  const bool with_outcome = cache.num_tokens() % TokensPerStep(options_.tokens) != 0;
  num_tokens_ = embedding_.NumTokens(with_outcome);
  action_BA_ = at::empty({batch_size_, options_.action_dim}, at::kFloat);
  embedding_.Embed(next, with_outcome, x_BTD_);
  const ring::SequenceLayout layout = cache.NextTokens(num_tokens_);
  Start(cache, layout);

  StepPhases phases(*this);
  phases.NormalizeTokens();
  int phase = 0;
  const int num_threads = UsefulThreads();
  const auto num_layers = static_cast<int64_t>(layers_.size());
  for (int64_t layer = 0; layer < num_layers && cache.ring().size() > 1; ++layer) {
    const int attended = static_cast<int>(layer) * kPhasesOfALayer + 2;
    ring::RunPhases(phases, phase, attended, num_threads);
    MergeOverRanks(layer, cache.ring());
    phase = attended;
  }
  ring::RunPhases(phases, phase, static_cast<int>(num_layers) * kPhasesOfALayer, num_threads);
  cache.Advance(layout);
  return action_BA_;
}

void StepRunner::Start(ring::ShardedCache& cache, const ring::SequenceLayout& next) {
  const int64_t size = options_.model_dim, head_dim = size / options_.num_heads;
  const int rank = cache.ring().rank();
  num_held_ = cache.layout().ShardSize(rank);
  mine_ = next.Positions(rank);
  const std::vector<int64_t> num_visible = cache.NumVisible(next);
  for (size_t index = 0; index < layers_.size(); ++index) {
    Layer& layer = layers_[index];
    layer.memory = cache.Open(static_cast<int64_t>(index), next);
    const int64_t first = index + 1 < layers_.size() ? 0 : num_tokens_ - 1;
    const auto keys = [&](const std::byte* data) -> ring::DecodeTokens {
      constexpr auto kBytes = static_cast<int64_t>(sizeof(float));
      return {.data = reinterpret_cast<const float*>(data),
              .batch_stride = layer.memory.chain_bytes / kBytes,
              .head_stride = layer.memory.head_bytes / kBytes,
              .token_stride = head_dim};
    };
    ring::DecodeProblem problem = {.batch = batch_size_,
                                   .heads = options_.num_heads,
                                   .queries = num_tokens_ - first,
                                   .keys = num_held_ + static_cast<int64_t>(mine_.size()),
                                   .head_dim = head_dim,
                                   .q = {.data = qkv_BT3D_ + first * 3 * size,
                                         .batch_stride = num_tokens_ * 3 * size,
                                         .head_stride = head_dim,
                                         .token_stride = 3 * size},
                                   .k = keys(layer.memory.k),
                                   .v = keys(layer.memory.v)};
    std::copy(num_visible.begin() + first, num_visible.end(), problem.num_visible.begin());
    layer.attention.Start(problem);
  }
}

int64_t StepRunner::Layer::NumWeights() const {
  int64_t weights = 0;
  for (const PackedLinear* linear : {&qkv, &out, &up, &down}) {
    weights += linear->inputs() * linear->outputs();
  }
  return weights;
}

// A thread that is woken for less than this many multiplications comes when the others are done.
int StepRunner::UsefulThreads() const {
  constexpr int64_t kWorthAThread = 2'000'000;
  int64_t work = 0;
  for (const Layer& layer : layers_) {
    work += layer.NumWeights() * batch_size_ * num_tokens_ + layer.attention.num_products();
  }
  return static_cast<int>(
      std::clamp<int64_t>(work / kWorthAThread, 1, std::max(at::get_num_threads(), 1)));
}

// What the ranks' keys contribute becomes one, the same bits everywhere.
void StepRunner::MergeOverRanks(int64_t layer, const ring::Ring& ring) {
  const bool last = layer + 1 == static_cast<int64_t>(layers_.size());
  const int64_t queries = last ? 1 : num_tokens_, num_heads = options_.num_heads;
  const int64_t head_dim = options_.model_dim / num_heads;
  const at::Tensor out_BQHC =
      at::from_blob(attended_BTD_, {batch_size_, queries, num_heads, head_dim}, at::kFloat);
  const ring::PartialAttention mine = {
      .out_BHQD = out_BQHC.transpose(1, 2),
      .lse_BHQ = at::from_blob(lse_BHT_, {batch_size_, num_heads, queries}, at::kFloat)};
  out_BQHC.copy_(ring::MergeOverRanks(mine, ring.communicator(),
                                      "decoded attention of layer " + std::to_string(layer))
                     .transpose(1, 2));
}

}  // namespace models
