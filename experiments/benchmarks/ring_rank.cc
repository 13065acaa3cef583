#include "experiments/benchmarks/ring_rank.h"

#include "experiments/benchmarks/process_memory.h"
#include "ring/attention/attention_plan.h"
#include "ring/attention/ring_memory.h"
#include "ring/attention/ring_travel.h"
#include "ring/kernel/block_attention.h"
#include "ring/layout/ring_schedule.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <istream>
#include <memory>
#include <ostream>
#include <utility>

#include <sys/resource.h>

namespace experiments {
namespace {

using Clock = std::chrono::steady_clock;

double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// What the parts of a pass are made from.
struct Shard {
  at::Tensor q, k, v, grad_out;
};

class Rank {
 public:
  Rank(const RingRankOptions& options, const ring::World& world)
      : world_(world),
        ring_(world.MakeRing(world.size())),
        layout_(ring::SequenceLayout::Make(ring::ParseLayoutKind(options.layout), options.tokens,
                                           world.size())),
        attention_{.mask = {.window = options.window}, .operands = ParseOperands(options.dtype)},
        heads_(options.heads),
        key_heads_(options.key_heads),
        head_dim_(options.head_dim) {}

  nlohmann::json Answer(const std::string& request) {
    if (request == "memory") return Memory();
    if (!shard_.q.defined()) shard_ = MakeShard();
    const double cpu_before = ProcessorSeconds();
    nlohmann::json answer;
    if (request == "attend") {
      answer = Attend();
    } else if (request == "compute") {
      answer = Timed(&Rank::ComputeForward, &Rank::ComputeBackward);
    } else if (request == "communicate") {
      answer = Timed(&Rank::TravelForward, &Rank::TravelBackward);
    } else {
      TORCH_CHECK_VALUE(false, "a rank does not know how to \"", request, "\"");
    }
    answer["cpu_s"] = ProcessorSeconds() - cpu_before;
    return answer;
  }

 private:
  Shard MakeShard() const { return MakeShard(layout_); }
  Shard MakeShard(const ring::SequenceLayout& layout) const {
    at::Generator random = at::detail::createCPUGenerator(301 + static_cast<uint64_t>(rank()));
    const int64_t tokens = layout.ShardSize(rank());
    const auto normal = [&](int64_t heads) {
      const at::Tensor x = at::randn({1, heads, tokens, head_dim_}, random, at::TensorOptions());
      return attention_.operands == at::kDouble ? x.to(at::kDouble) : x;
    };
    return {normal(heads_), normal(key_heads_), normal(key_heads_), normal(heads_)};
  }

  // Seconds from when all ranks have come to when all are done.
  template <typename Work>
  double Time(const Work& work) {
    Meet();
    const auto start = Clock::now();
    work();
    Meet();
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  nlohmann::json Timed(void (Rank::*forward)(), void (Rank::*backward)()) {
    const double forward_s = Time([&] { (this->*forward)(); });
    return {{"forward_s", forward_s}, {"backward_s", Time([&] { (this->*backward)(); })}};
  }

  at::Tensor Forward(const Shard& shard, const ring::SequenceLayout& layout) const {
    const auto leaf = [](const at::Tensor& x) { return x.detach().requires_grad_(); };
    return ring::Attention(leaf(shard.q), leaf(shard.k), leaf(shard.v), attention_, layout, ring_);
  }

  nlohmann::json Attend() {
    at::Tensor out;
    const double forward_s = Time([&] { out = Forward(shard_, layout_); });
    return {{"forward_s", forward_s}, {"backward_s", Time([&] { out.backward(shard_.grad_out); })}};
  }

  nlohmann::json Memory() {
    shard_ = {};
    {
      // What is made once, whatever the size: threads, code that is read in, connections.
      const auto few = ring::SequenceLayout::Striped(16 * world_.size(), world_.size());
      const Shard shard = MakeShard(few);
      Forward(shard, few).backward(shard.grad_out);
    }
    Meet();
    PeakMemory peak;
    shard_ = MakeShard();
    shard_.grad_out = at::Tensor();  // backward's, not forward's
    at::Tensor out = Forward(shard_, layout_);
    Meet();  // shared pages are counted while all ranks hold them
    const int64_t forward_bytes = peak.Bytes();
    Meet();
    shard_.grad_out = at::ones_like(out);
    out.backward(shard_.grad_out);
    Meet();
    const int64_t backward_bytes = peak.Bytes();
    Meet();
    const bool shared = world_.options().transport == ring::Transport::kSharedMemory;
    const ring::RingMemory formula =
        ring::PredictRingMemory(Plan(), shard_.q.element_size(), shared);
    return {{"forward_bytes", forward_bytes},
            {"backward_bytes", backward_bytes},
            {"forward_formula", formula.forward_bytes},
            {"backward_formula", formula.backward_bytes}};
  }

  ring::AttentionPlan Plan() const {
    return ring::MakeAttentionPlan(shard_.q, shard_.k, shard_.v, attention_, layout_, ring_);
  }

  // The kernel calls of ring_forward.cc, every visitor's keys being this rank's own.
  void ComputeForward() {
    const at::NoGradGuard no_grad;
    const ring::AttentionPlan plan = Plan();
    const ring::RingSchedule schedule(plan.mask, plan.queries, plan.keys);
    const auto pass =
        ring::MakeForwardPass(shard_.q, plan.key_heads, layout_.MaxShardSize(), plan.kernel);
    pass->Attend(shard_.k, shard_.v, plan.Visible(plan.rank));
    for (const ring::RingRound& round : schedule.Rounds(plan.rank)) {
      if (round.computes) pass->Attend(KeysOf(round), ValuesOf(round), plan.Visible(round.owner));
    }
    whole_ = pass->Finish();
  }

  void ComputeBackward() {
    const at::NoGradGuard no_grad;
    const ring::AttentionPlan plan = Plan();
    const ring::RingSchedule schedule(plan.mask, plan.queries, plan.keys);
    const auto pass = ring::MakeBackwardPass(shard_.q, whole_, shard_.grad_out, plan.key_heads,
                                             layout_.MaxShardSize(), plan.kernel);
    const at::TensorOptions exact = shard_.k.options().dtype(plan.exact);
    at::Tensor grad_k = at::zeros_like(shard_.k, exact), grad_v = at::zeros_like(shard_.v, exact);
    pass->Attend(shard_.k, shard_.v, plan.Visible(plan.rank), grad_k, grad_v);
    for (const ring::RingRound& round : schedule.Rounds(plan.rank)) {
      if (!round.computes) continue;
      const int64_t tokens = layout_.ShardSize(round.owner);
      at::Tensor grad_k_part = grad_k.narrow(2, 0, tokens),
                 grad_v_part = grad_v.narrow(2, 0, tokens);
      pass->Attend(KeysOf(round), ValuesOf(round), plan.Visible(round.owner), grad_k_part,
                   grad_v_part);
    }
    pass->FinishGradQ();
  }

  // The messages of ring_forward.cc and ring_backward.cc.
  void TravelForward() {
    const ring::AttentionPlan plan = Plan();
    const ring::RingSchedule schedule(plan.mask, plan.queries, plan.keys);
    ring::KeyValueTravel blocks(plan, schedule, ring_, ring::Pass::kForward);
    blocks.Start(shard_.k, shard_.v);
    for (const ring::RingRound& round : schedule.Rounds(plan.rank)) blocks.Arrive(round);
    blocks.Finish();
  }

  void TravelBackward() {
    const ring::AttentionPlan plan = Plan();
    const ring::RingSchedule schedule(plan.mask, plan.queries, plan.keys);
    ring::KeyValueTravel blocks(plan, schedule, ring_, ring::Pass::kBackward);
    ring::GradientTravel gradients(plan, schedule, ring_);
    const at::TensorOptions exact = shard_.k.options().dtype(plan.exact);
    at::Tensor grad_k = at::zeros_like(shard_.k, exact), grad_v = at::zeros_like(shard_.v, exact);
    blocks.Start(shard_.k, shard_.v);
    for (const ring::RingRound& round : schedule.Rounds(plan.rank)) {
      gradients.Expect(round);
      const ring::Message block = blocks.Arrive(round);
      gradients.SendOn(round, round.computes ? gradients.Start(round) : ring::Message());
    }
    gradients.ExpectHome();
    blocks.Finish();
    gradients.AddHome(grad_k, grad_v);
  }

  // This rank's own tokens in the place of a visitor's. Shards differ by few tokens, if at all.
  at::Tensor KeysOf(const ring::RingRound& round) const { return Like(shard_.k, round.owner); }
  at::Tensor ValuesOf(const ring::RingRound& round) const { return Like(shard_.v, round.owner); }
  at::Tensor Like(const at::Tensor& own, int owner) const {
    const int64_t tokens = layout_.ShardSize(owner);
    TORCH_CHECK_VALUE(tokens <= own.size(2), "--tokens (", layout_.num_tokens(),
                      ") must be a multiple of the ring's chunks");
    return own.narrow(2, 0, tokens);
  }

  int rank() const { return world_.rank(); }

  void Meet() {
    if (ring_.size() > 1) ring_.communicator().Barrier("bench ring", world_.options().timeout);
  }

  const ring::World& world_;
  ring::Ring ring_;
  ring::SequenceLayout layout_;
  ring::AttentionOptions attention_;
  int64_t heads_, key_heads_, head_dim_;
  Shard shard_;
  ring::PartialAttention whole_;  // of the last ComputeForward
};

}  // namespace

at::ScalarType ParseOperands(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "float64") return at::kDouble;
  if (name == "bfloat16") return at::kBFloat16;
  TORCH_CHECK_VALUE(false, "a type is float32, float64 or bfloat16, got \"", name, "\"");
}

void ServeRingRank(const RingRankOptions& options, const ring::World& world, std::istream& requests,
                   std::ostream& answers) {
  at::set_num_threads(options.threads);
  Rank rank(options, world);
  answers << "ready" << std::endl;
  std::string request;
  while (std::getline(requests, request)) answers << rank.Answer(request).dump() << std::endl;
}

}  // namespace experiments
