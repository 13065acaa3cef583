#include "ring/kernel/cuda_block_attention.h"

#include "ring/kernel/block_checks.h"
#include "ring/kernel/cuda_pieces.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/full.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <limits>
#include <vector>

namespace ring {
namespace {

constexpr int64_t kHeadDimAlignment = 8;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What both passes know of their queries, and how they hand parts of them to a kernel.
class Queries {
 public:
  Queries(const at::Tensor& q_BHQD, int64_t num_key_heads, int64_t max_keys,
          const BlockAttentionOptions& options)
      : options_(options),
        limits_{q_BHQD.size(0), num_key_heads, q_BHQD.size(2), max_keys, q_BHQD.size(3)},
        num_heads_(q_BHQD.size(1)) {
    TORCH_CHECK_VALUE(!q_BHQD.is_cuda() || options.operands != at::kDouble,
                      "attention on a GPU computes from float32 or bfloat16 operands, got float64");
    TORCH_CHECK_VALUE(options.dropout.probability == 0,
                      "attention on a GPU has no dropout of weights, got a probability of ",
                      options.dropout.probability, "; set it to 0");
    q_BHQD_ = Operand(q_BHQD);
  }

  // In the operands' type, with zeros up to a head dimension that kernels take.
  at::Tensor Operand(const at::Tensor& x_BHTD) const {
    const at::Tensor typed = x_BHTD.to(options_.operands);
    const int64_t padding =
        (kHeadDimAlignment - limits_.head_dim % kHeadDimAlignment) % kHeadDimAlignment;
    return padding == 0 ? typed : at::constant_pad_nd(typed, {0, padding});
  }

  at::Tensor WithoutPadding(const at::Tensor& x_BHTD) const {
    return x_BHTD.narrow(3, 0, limits_.head_dim);
  }

  // A tensor of results, stored (B, Q, H, D).
  at::Tensor NewRows() const {
    return at::zeros({limits_.batch, limits_.queries, num_heads_, limits_.head_dim},
                     q_BHQD_.options().dtype(ResultType(options_.operands)))
        .transpose(1, 2);
  }

  // Of the query heads that share a key head, the `member`-th of each; queries of `piece` only.
  at::Tensor Part(const at::Tensor& x_BHQ, int64_t member, const AttentionPiece& piece) const {
    return x_BHQ.unflatten(1, {limits_.key_heads, group_size()})
        .select(2, member)
        .narrow(2, piece.queries.begin, piece.queries.end - piece.queries.begin);
  }

  int64_t group_size() const { return num_heads_ / limits_.key_heads; }
  const at::Tensor& q_BHQD() const { return q_BHQD_; }
  const BlockLimits& limits() const { return limits_; }
  double scale() const { return options_.scale; }

 private:
  BlockAttentionOptions options_;
  BlockLimits limits_;
  int64_t num_heads_;
  at::Tensor q_BHQD_;
};

at::Tensor KeysOf(const at::Tensor& x_BGKD, const AttentionPiece& piece) {
  return x_BGKD.narrow(2, piece.keys.begin, piece.keys.end - piece.keys.begin);
}

// A piece of a block as a kernel takes it, for one member of each group of heads after the other.
struct PreparedPiece {
  AttentionPiece piece;
  FusedProblem problem;  // but for the queries
  at::Tensor sees_Q;     // undefined: all do
};

std::vector<PreparedPiece> Prepare(const Queries& queries, const at::Tensor& k_BGKD,
                                   const at::Tensor& v_BGKD, const BlockVisibility& visibility) {
  CheckBlock(k_BGKD, v_BGKD, visibility, queries.limits());
  std::vector<PreparedPiece> prepared;
  if (queries.q_BHQD().numel() == 0) return prepared;
  const at::Tensor k = queries.Operand(k_BGKD);
  const at::Tensor v = queries.Operand(v_BGKD);
  for (const AttentionPiece& piece : CutIntoPieces(visibility)) {
    PreparedPiece next{.piece = piece, .problem = {}, .sees_Q = {}};
    next.problem = {.q_BGQD = {},
                    .k_BGKD = KeysOf(k, piece),
                    .v_BGKD = KeysOf(v, piece),
                    .bias_QK = {},
                    .is_causal = piece.kind == PieceKind::kCausal,
                    .scale = queries.scale()};
    if (piece.kind == PieceKind::kMasked) {
      const PieceMask mask = MaskOf(piece, visibility, k.options());
      next.problem.bias_QK = mask.bias_QK;
      next.sees_Q = mask.sees_Q;
    }
    prepared.push_back(next);
  }
  return prepared;
}

class FusedForwardPass : public ForwardPass {
 public:
  FusedForwardPass(const Queries& queries, const FusedKernel& kernel)
      : queries_(queries), kernel_(kernel) {
    whole_.out_BHQD = queries_.NewRows();
    whole_.lse_BHQ =
        at::full(queries_.q_BHQD().sizes().slice(0, 3), -kInfinity, whole_.out_BHQD.options());
  }

  void Attend(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
              const BlockVisibility& visibility) override {
    for (PreparedPiece& prepared : Prepare(queries_, k_BGKD, v_BGKD, visibility)) {
      for (int64_t member = 0; member < queries_.group_size(); ++member) {
        prepared.problem.q_BGQD = queries_.Part(queries_.q_BHQD(), member, prepared.piece);
        Add(Cleaned(kernel_.Forward(prepared.problem), prepared.sees_Q), member, prepared.piece);
      }
    }
  }

  PartialAttention Finish() override { return whole_; }

 private:
  // Kernels disagree about a query that sees nothing: its log-sum-exp is 0, infinite or not a
  // number. Here it is -infinity, with a result of 0.
  PartialAttention Cleaned(const PartialAttention& partial, const at::Tensor& sees_Q) const {
    const at::Tensor out =
        queries_.WithoutPadding(partial.out_BHQD).to(whole_.out_BHQD.scalar_type());
    if (!sees_Q.defined()) return {out, partial.lse_BHQ};
    return {at::where(sees_Q.unsqueeze(1), out, 0.0),
            at::where(sees_Q, partial.lse_BHQ, -kInfinity)};
  }

  void Add(const PartialAttention& partial, int64_t member, const AttentionPiece& piece) {
    const PartialAttention before{queries_.Part(whole_.out_BHQD, member, piece),
                                  queries_.Part(whole_.lse_BHQ, member, piece)};
    const PartialAttention after = Merge(before, partial);
    before.out_BHQD.copy_(after.out_BHQD);
    before.lse_BHQ.copy_(after.lse_BHQ);
  }

  Queries queries_;
  const FusedKernel& kernel_;
  PartialAttention whole_;
};

class FusedBackwardPass : public BackwardPass {
 public:
  FusedBackwardPass(const Queries& queries, const FusedBackwardInputs& inputs,
                    const FusedKernel& kernel)
      : queries_(queries),
        kernel_(kernel),
        out_BHQD_(queries.Operand(inputs.whole.out_BHQD)),
        grad_out_BHQD_(queries.Operand(inputs.grad_out_BHQD)),
        // A query that saw nothing meets nothing but hidden pairs here: they weigh
        // exp(-inf - lse), which is 0 with any finite lse.
        lse_BHQ_(inputs.whole.lse_BHQ.masked_fill(inputs.whole.lse_BHQ == -kInfinity, 0.0)),
        grad_q_BHQD_(queries.NewRows()) {}

  void Attend(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD, const BlockVisibility& visibility,
              at::Tensor& grad_k_BGKD, at::Tensor& grad_v_BGKD) override {
    for (PreparedPiece& prepared : Prepare(queries_, k_BGKD, v_BGKD, visibility)) {
      const AttentionPiece& piece = prepared.piece;
      for (int64_t member = 0; member < queries_.group_size(); ++member) {
        prepared.problem.q_BGQD = queries_.Part(queries_.q_BHQD(), member, piece);
        const FusedGradients grads = kernel_.Backward(
            prepared.problem,
            {queries_.Part(out_BHQD_, member, piece), queries_.Part(lse_BHQ_, member, piece)},
            queries_.Part(grad_out_BHQD_, member, piece));
        const auto add = [&](const at::Tensor& sum, const at::Tensor& grad) {
          sum.add_(queries_.WithoutPadding(grad));
        };
        add(queries_.Part(grad_q_BHQD_, member, piece), grads.grad_q_BGQD);
        add(KeysOf(grad_k_BGKD, piece), grads.grad_k_BGKD);
        add(KeysOf(grad_v_BGKD, piece), grads.grad_v_BGKD);
      }
    }
  }

  at::Tensor FinishGradQ() override { return grad_q_BHQD_; }

 private:
  Queries queries_;
  const FusedKernel& kernel_;
  at::Tensor out_BHQD_, grad_out_BHQD_, lse_BHQ_;
  at::Tensor grad_q_BHQD_;
};

}  // namespace

std::unique_ptr<ForwardPass> MakeFusedForwardPass(const at::Tensor& q_BHQD, int64_t num_key_heads,
                                                  int64_t max_keys,
                                                  const BlockAttentionOptions& options,
                                                  const FusedKernel& kernel) {
  return std::make_unique<FusedForwardPass>(Queries(q_BHQD, num_key_heads, max_keys, options),
                                            kernel);
}

std::unique_ptr<BackwardPass> MakeFusedBackwardPass(const FusedBackwardInputs& inputs,
                                                    const BlockAttentionOptions& options,
                                                    const FusedKernel& kernel) {
  return std::make_unique<FusedBackwardPass>(
      Queries(inputs.q_BHQD, inputs.num_key_heads, inputs.max_keys, options), inputs, kernel);
}

}  // namespace ring
