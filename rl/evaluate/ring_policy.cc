#include "rl/evaluate/ring_policy.h"

#include "ring/parallel/collectives.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

namespace rl {
namespace {

enum class Call : int64_t { kStartChains, kStartRollout, kAct, kObserve, kFinishRollout, kLetGo };

// What goes before a call's tensor, if it has one: call, rows, columns (0 for none), seed.
constexpr int64_t kHeaderSize = 4;

struct Announcement {
  Call call;
  int64_t rows = 0;     // or the number of chains
  int64_t columns = 0;  // of the tensor, 0 where there is none
  uint64_t seed = 0;
  at::Tensor tensor_RC = {};
};

constexpr const char* kWhat = "a policy's next call";

void Announce(const Announcement& announcement, const ring::Ring& ring) {
  if (ring.size() == 1) return;
  at::Tensor header = at::zeros({kHeaderSize}, at::kLong);
  auto* const numbers = header.mutable_data_ptr<int64_t>();
  numbers[0] = static_cast<int64_t>(announcement.call);
  numbers[1] = announcement.rows;
  numbers[2] = announcement.columns;
  numbers[3] = static_cast<int64_t>(announcement.seed);
  ring::CopyFromFirst({header}, ring, kWhat);
  if (announcement.columns == 0) return;
  const at::Tensor tensor_RC =
      announcement.tensor_RC.reshape({announcement.rows, announcement.columns});
  ring::CopyFromFirst({tensor_RC.to(at::kFloat).contiguous()}, ring, kWhat);
}

Announcement Hear(const ring::Ring& ring) {
  const at::Tensor header = at::zeros({kHeaderSize}, at::kLong);
  ring::CopyFromFirst({header}, ring, kWhat);
  const auto* const numbers = header.const_data_ptr<int64_t>();
  Announcement announcement = {.call = static_cast<Call>(numbers[0]),
                               .rows = numbers[1],
                               .columns = numbers[2],
                               .seed = static_cast<uint64_t>(numbers[3])};
  if (announcement.columns > 0) {
    announcement.tensor_RC = at::empty({announcement.rows, announcement.columns}, at::kFloat);
    ring::CopyFromFirst({announcement.tensor_RC}, ring, kWhat);
  }
  return announcement;
}

}  // namespace

void LeadingPolicy::StartChains(int64_t num_chains, uint64_t seed) {
  Announce({.call = Call::kStartChains, .rows = num_chains, .seed = seed}, ring_);
  policy_.StartChains(num_chains, seed);
}

void LeadingPolicy::StartRollout() {
  Announce({.call = Call::kStartRollout}, ring_);
  policy_.StartRollout();
}

at::Tensor LeadingPolicy::Act(const at::Tensor& observation_NO) {
  Announce({.call = Call::kAct,
            .rows = observation_NO.size(0),
            .columns = observation_NO.size(1),
            .tensor_RC = observation_NO},
           ring_);
  return policy_.Act(observation_NO);
}

void LeadingPolicy::Observe(const at::Tensor& reward_N) {
  Announce({.call = Call::kObserve, .rows = reward_N.size(0), .columns = 1, .tensor_RC = reward_N},
           ring_);
  policy_.Observe(reward_N);
}

void LeadingPolicy::FinishRollout() {
  Announce({.call = Call::kFinishRollout}, ring_);
  policy_.FinishRollout();
}

void LeadingPolicy::LetGo() { Announce({.call = Call::kLetGo}, ring_); }

void FollowPolicy(BatchPolicy& policy, const ring::Ring& ring) {
  TORCH_CHECK(ring.rank() > 0, "the first rank of a ring has nobody to follow");
  for (;;) {
    const Announcement heard = Hear(ring);
    switch (heard.call) {
      case Call::kStartChains:
        policy.StartChains(heard.rows, heard.seed);
        break;
      case Call::kStartRollout:
        policy.StartRollout();
        break;
      case Call::kAct:
        policy.Act(heard.tensor_RC);
        break;
      case Call::kObserve:
        policy.Observe(heard.tensor_RC.select(1, 0));
        break;
      case Call::kFinishRollout:
        policy.FinishRollout();
        break;
      case Call::kLetGo:
        return;
    }
  }
}

}  // namespace rl
