#include "tests/ring/attention/ring_case.h"

#include "ring/kernel/dense_attention.h"
#include "tests/ring/random_tensors.h"
#include "tests/support/run_ranks.h"

#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <sstream>
#include <vector>

namespace ring {
namespace {

std::vector<int64_t> Positions(int64_t begin, int64_t end) {
  std::vector<int64_t> positions(static_cast<size_t>(end - begin));
  std::iota(positions.begin(), positions.end(), begin);
  return positions;
}

SequenceLayout Keys(const RingCase& ring_case) {
  return SequenceLayout::Make(ring_case.layout, ring_case.keys, ring_case.ring_size);
}

SequenceLayout Queries(const RingCase& ring_case) {
  return SequenceLayout::Make(ring_case.layout, ring_case.num_queries(), ring_case.ring_size);
}

AttentionOptions Options(const RingCase& ring_case) {
  AttentionOptions options = {
      .mask = ring_case.mask, .method = ring_case.method, .dropout = ring_case.dropout};
  if (ring_case.queries >= 0) options.query_layout = Queries(ring_case);
  return options;
}

at::Tensor Leaf(const at::Tensor& whole, const SequenceLayout& layout, int rank) {
  return TakeShard(whole, layout, rank, /*dim=*/2).detach().clone().requires_grad_();
}

}  // namespace

std::string Describe(const RingCase& ring_case) {
  std::ostringstream out;
  out << Name(ring_case.layout) << " n " << ring_case.ring_size << " tokens "
      << ring_case.num_queries() << "/" << ring_case.keys << " heads " << ring_case.query_heads
      << "/" << ring_case.key_heads << " causal " << ring_case.mask.causal << " window "
      << ring_case.mask.window << " prefix " << ring_case.mask.prefix << " documents "
      << ring_case.mask.document_begins.size() << " method " << static_cast<int>(ring_case.method)
      << " " << ring_case.dtype << " transport " << static_cast<int>(ring_case.transport);
  return out.str();
}

WholeInputs RandomInputs(const RingCase& ring_case) {
  RandomTensors random(ring_case.seed);
  const auto [B, H, G, D] =
      std::array{ring_case.batch, ring_case.query_heads, ring_case.key_heads, ring_case.head_dim};
  const int64_t Q = ring_case.num_queries(), K = ring_case.keys;
  return {.q_BHQD = random.NormalByToken({B, H, Q, D}, ring_case.dtype),
          .k_BGKD = random.NormalByToken({B, G, K, D}, ring_case.dtype),
          .v_BGKD = random.NormalByToken({B, G, K, D}, ring_case.dtype),
          .grad_out_BHQD = random.NormalByToken({B, H, Q, D}, ring_case.dtype)};
}

WholeResult AttendShard(const RingCase& ring_case, const WholeInputs& inputs, const Ring& ring) {
  const SequenceLayout keys = Keys(ring_case), queries = Queries(ring_case);
  const at::Tensor q = Leaf(inputs.q_BHQD, queries, ring.rank());
  const at::Tensor k = Leaf(inputs.k_BGKD, keys, ring.rank());
  const at::Tensor v = Leaf(inputs.v_BGKD, keys, ring.rank());
  const at::Tensor out = Attention(q, k, v, Options(ring_case), keys, ring);
  out.backward(TakeShard(inputs.grad_out_BHQD, queries, ring.rank(), /*dim=*/2));
  return {.out_BHQD = out.detach(),
          .grad_q_BHQD = q.grad(),
          .grad_k_BGKD = k.grad(),
          .grad_v_BGKD = v.grad()};
}

WholeResult OnRing(const RingCase& ring_case, const WholeInputs& inputs) {
  return OnRing(std::vector{ring_case}, std::vector{inputs})[0];
}

std::vector<WholeResult> OnRing(const std::vector<RingCase>& cases,
                                const std::vector<WholeInputs>& inputs) {
  const int ring_size = cases.at(0).ring_size;
  // [case][rank]
  std::vector shards(cases.size(), std::vector<WholeResult>(static_cast<size_t>(ring_size)));
  OnEveryRank(ring_size, cases.at(0).transport, [&](const Ring& ring) {
    for (size_t i = 0; i < cases.size(); ++i) {
      shards[i][static_cast<size_t>(ring.rank())] = AttendShard(cases[i], inputs[i], ring);
    }
  });
  std::vector<WholeResult> results;
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto join = [&](at::Tensor WholeResult::*part, const SequenceLayout& layout) {
      std::vector<at::Tensor> parts;
      for (const WholeResult& shard : shards[i]) parts.push_back(shard.*part);
      return JoinShards(parts, layout, /*dim=*/2);
    };
    const SequenceLayout keys = Keys(cases[i]), queries = Queries(cases[i]);
    results.push_back({.out_BHQD = join(&WholeResult::out_BHQD, queries),
                       .grad_q_BHQD = join(&WholeResult::grad_q_BHQD, queries),
                       .grad_k_BGKD = join(&WholeResult::grad_k_BGKD, keys),
                       .grad_v_BGKD = join(&WholeResult::grad_v_BGKD, keys)});
  }
  return results;
}

WholeResult Dense(const RingCase& ring_case, const WholeInputs& inputs) {
  const int64_t Q = ring_case.num_queries(), K = ring_case.keys;
  const at::Tensor visible_QK =
      DenseVisibility(ring_case.mask, Positions(K - Q, K), Positions(0, K), K);
  const auto leaf = [](const at::Tensor& x) {
    return x.detach().to(at::kDouble).clone().requires_grad_();
  };
  const at::Tensor q = leaf(inputs.q_BHQD), k = leaf(inputs.k_BGKD), v = leaf(inputs.v_BGKD);
  const int64_t group = ring_case.query_heads / ring_case.key_heads;
  const at::Tensor out = DenseAttention(q, k.repeat_interleave(group, /*dim=*/1),
                                        v.repeat_interleave(group, /*dim=*/1), visible_QK)
                             .out_BHQD;
  out.backward(inputs.grad_out_BHQD.to(at::kDouble));
  return {.out_BHQD = out.detach(),
          .grad_q_BHQD = q.grad(),
          .grad_k_BGKD = k.grad(),
          .grad_v_BGKD = v.grad()};
}

void OnEveryRank(int ring_size, Transport transport, const std::function<void(const Ring&)>& body) {
  tests::RunRanks(
      ring_size, {.transport = transport, .trace = true}, [&](Communicator& communicator) {
        at::set_num_threads(1);
        // Not owned: RunRanks keeps it until every rank is done.
        body(Ring(std::shared_ptr<Communicator>(std::shared_ptr<void>(), &communicator)));
      });
}

double LargestError(const WholeResult& result, const WholeResult& expected) {
  double largest = 0.0;
  for (const auto part : {&WholeResult::out_BHQD, &WholeResult::grad_q_BHQD,
                          &WholeResult::grad_k_BGKD, &WholeResult::grad_v_BGKD}) {
    const at::Tensor difference = (result.*part).to(at::kDouble) - (expected.*part);
    const double norm = (expected.*part).norm().template item<double>();
    // Where nothing is expected (one key: no gradient of the scores) the numbers themselves count.
    const double error = difference.norm().template item<double>() / (norm > 1e-9 ? norm : 1.0);
    largest = std::max(largest, error);
    if (!(error == error)) return error;  // NaN is the largest of all
  }
  return largest;
}

double ErrorOnRing(const RingCase& ring_case) {
  const WholeInputs inputs = RandomInputs(ring_case);
  return LargestError(OnRing(ring_case, inputs), Dense(ring_case, inputs));
}

bool Identical(const WholeResult& a, const WholeResult& b) {
  return at::equal(a.out_BHQD, b.out_BHQD) && at::equal(a.grad_q_BHQD, b.grad_q_BHQD) &&
         at::equal(a.grad_k_BGKD, b.grad_k_BGKD) && at::equal(a.grad_v_BGKD, b.grad_v_BGKD);
}

}  // namespace ring
