#include "ring/attention/sharded_cache.h"

#include "ring/kernel/dense_attention.h"
#include "tests/ring/attention/ring_case.h"
#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace ring {
namespace {

constexpr int64_t kLayers = 2;

struct Model {
  // A page holds 16 tokens of a row in float32: memory grows in the middle of everything.
  int64_t query_heads = 2, key_heads = 2, head_dim = 64;
  at::ScalarType dtype = at::kFloat;
};

// What happens to a context: a prompt or a few tokens come, or some are forgotten.
struct Event {
  enum Kind { kPrompt, kTokens, kForget } kind;
  int64_t num_tokens;  // new, or left
  LayoutKind layout = LayoutKind::kZigzag;
  int64_t granule = 1;
};

ShardedCacheOptions CacheOptions(const Model& model) {
  return {.num_layers = kLayers,
          .batch_size = 2,
          .num_key_heads = model.key_heads,
          .head_dim = model.head_dim,
          .dtype = model.dtype};
}

// The tokens of one event, the same on every rank.
NewTokens RandomTokens(const Model& model, int64_t num_tokens, uint64_t seed) {
  RandomTensors random(seed);
  return {
      .q_BHTD =
          random.NormalByToken({2, model.query_heads, num_tokens, model.head_dim}, model.dtype),
      .k_BGTD = random.NormalByToken({2, model.key_heads, num_tokens, model.head_dim}, model.dtype),
      .v_BGTD =
          random.NormalByToken({2, model.key_heads, num_tokens, model.head_dim}, model.dtype)};
}

uint64_t SeedOf(size_t event, int64_t layer) { return 301 + 10 * event + uint64_t(layer); }

// The rows this rank got for each event and layer: its shard of a prompt's, all of a few tokens'.
using Rows = std::vector<at::Tensor>;

struct RankHistory {
  Rows rows;
  std::vector<SequenceLayout> next;     // per event
  std::vector<SequenceLayout> holding;  // after each event
};

RankHistory Play(const Model& model, const std::vector<Event>& events, const Ring& ring) {
  RankHistory history;
  ShardedCache cache(CacheOptions(model), ring);
  for (size_t i = 0; i < events.size(); ++i) {
    const auto& [kind, num_tokens, layout, granule] = events[i];
    if (kind == Event::kForget) {
      cache.Truncate(num_tokens);
      history.next.push_back(cache.NextTokens(0));
    } else {
      const SequenceLayout next = kind == Event::kPrompt
                                      ? cache.NextPrompt(layout, num_tokens, granule)
                                      : cache.NextTokens(num_tokens);
      for (int64_t layer = 0; layer < kLayers; ++layer) {
        const NewTokens all = RandomTokens(model, num_tokens, SeedOf(i, layer));
        const auto shard = [&](const at::Tensor& x) { return TakeShard(x, next, ring.rank(), 2); };
        history.rows.push_back(
            kind == Event::kTokens
                ? cache.Decode(layer, all, next)
                : cache.Prefill(layer, {shard(all.q_BHTD), shard(all.k_BGTD), shard(all.v_BGTD)},
                                next));
      }
      cache.Advance(next);
      history.next.push_back(next);
    }
    history.holding.push_back(cache.layout());
  }
  return history;
}

std::vector<RankHistory> PlayOnRing(const Model& model, const std::vector<Event>& events,
                                    int ring_size, Transport transport = Transport::kGloo) {
  std::vector<RankHistory> histories(static_cast<size_t>(ring_size));
  OnEveryRank(ring_size, transport, [&](const Ring& ring) {
    histories[static_cast<size_t>(ring.rank())] = Play(model, events, ring);
  });
  return histories;
}

// What one rank with unbounded memory and float64 would answer, event by event and layer by layer.
Rows DenseRows(const Model& model, const std::vector<Event>& events) {
  Rows rows;
  std::vector<at::Tensor> k(kLayers), v(kLayers);
  for (size_t i = 0; i < events.size(); ++i) {
    for (int64_t layer = 0; layer < kLayers; ++layer) {
      at::Tensor &seen_k = k[static_cast<size_t>(layer)], &seen_v = v[static_cast<size_t>(layer)];
      const int64_t num_tokens = events[i].num_tokens;
      if (events[i].kind == Event::kForget) {
        seen_k = seen_k.narrow(2, 0, num_tokens);
        seen_v = seen_v.narrow(2, 0, num_tokens);
        continue;
      }
      const NewTokens all = RandomTokens(model, num_tokens, SeedOf(i, layer));
      seen_k = seen_k.defined() ? at::cat({seen_k, all.k_BGTD}, 2) : all.k_BGTD;
      seen_v = seen_v.defined() ? at::cat({seen_v, all.v_BGTD}, 2) : all.v_BGTD;
      const int64_t group = model.query_heads / model.key_heads;
      rows.push_back(DenseAttention(all.q_BHTD, seen_k.repeat_interleave(group, 1),
                                    seen_v.repeat_interleave(group, 1),
                                    CausalVisibility(num_tokens, seen_k.size(2)))
                         .out_BHQD);
    }
  }
  return rows;
}

// The rows of all ranks as one: a prompt's joined, the few tokens' taken from one rank after
// checking that every other has the same bits.
at::Tensor Whole(const std::vector<RankHistory>& ranks, const Event& event, size_t index,
                 size_t row) {
  std::vector<at::Tensor> parts;
  for (const RankHistory& rank : ranks) parts.push_back(rank.rows[row]);
  if (event.kind == Event::kPrompt) return JoinShards(parts, ranks[0].next[index], 2);
  for (const at::Tensor& part : parts) EXPECT_TRUE(at::equal(part, parts[0]));
  return parts[0];
}

void ExpectEqualsOneRank(const Model& model, const std::vector<Event>& events, int ring_size,
                         double tolerance, Transport transport = Transport::kGloo) {
  const std::vector<RankHistory> ranks = PlayOnRing(model, events, ring_size, transport);
  const Rows expected = DenseRows(model, events);
  size_t row = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].kind == Event::kForget) continue;
    for (int64_t layer = 0; layer < kLayers; ++layer, ++row) {
      EXPECT_LT(RelativeError(Whole(ranks, events[i], i, row), expected[row]),
                tests::Tolerance(tolerance))
          << "ring of " << ring_size << ", event " << i << ", layer " << layer;
    }
  }
}

// A prompt that does not divide, single tokens and a few, a second prompt over what is there, and
// two times something is forgotten; one of them in the middle of the prompt.
const std::vector<Event> kLife = {{Event::kPrompt, 37},
                                  {Event::kTokens, 1},
                                  {Event::kTokens, 1},
                                  {Event::kTokens, 4},
                                  {Event::kForget, 40},
                                  {Event::kTokens, 3},
                                  {Event::kPrompt, 21, LayoutKind::kStriped, 4},
                                  {Event::kTokens, 1},
                                  {Event::kForget, 9},
                                  {Event::kTokens, 8},
                                  {Event::kTokens, 1}};

class ShardedCacheTest : public testing::TestWithParam<int> {};

// Sums of some dozen float32 terms of order 1, taken in another order.
TEST_P(ShardedCacheTest, EqualsOneRankThroughPromptsTokensAndForgetting) {
  ExpectEqualsOneRank({}, kLife, GetParam(), 1e-6);
}

// Not the decode kernel: its general sibling, which serves grouped heads and other types.
TEST_P(ShardedCacheTest, EqualsOneRankWithGroupedHeadsInFloat64) {
  ExpectEqualsOneRank({.query_heads = 4, .key_heads = 2, .dtype = at::kDouble}, kLife, GetParam(),
                      1e-12);
}

// From nothing, one token at a time: at first most ranks hold no key at all.
TEST_P(ShardedCacheTest, RanksWithoutKeysWeighNothing) {
  const std::vector<Event> events(6, {Event::kTokens, 1});
  ExpectEqualsOneRank({}, events, GetParam(), 1e-6);
}

TEST_P(ShardedCacheTest, ShardsDifferByAtMostOneTokenWhateverIsAppended) {
  const std::vector<Event> events = {
      {Event::kPrompt, 37}, {Event::kPrompt, 5, LayoutKind::kContiguous},
      {Event::kTokens, 1},  {Event::kPrompt, 10, LayoutKind::kStriped},
      {Event::kTokens, 3},  {Event::kPrompt, 7}};
  for (const RankHistory& rank : PlayOnRing({}, events, GetParam())) {
    for (const SequenceLayout& layout : rank.holding) {
      for (int other = 0; other < GetParam(); ++other) {
        EXPECT_LE(layout.MaxShardSize() - layout.ShardSize(other), 1);
      }
    }
  }
}

TEST_P(ShardedCacheTest, RepeatsItselfToTheBit) {
  const auto first = PlayOnRing({}, kLife, GetParam()), second = PlayOnRing({}, kLife, GetParam());
  for (size_t row = 0; row < first[0].rows.size(); ++row) {
    EXPECT_TRUE(at::equal(first[0].rows[row], second[0].rows[row]));
  }
}

INSTANTIATE_TEST_SUITE_P(RingSizes, ShardedCacheTest, testing::Values(1, 2, 3, 4),
                         testing::PrintToStringParamName());

// What acting over a long context costs: every rank its share, and not more for having grown.
TEST(ShardedCacheMemoryTest, BytesAreThoseOfTheTokensARankHolds) {
  constexpr int64_t kRows = 2 * kLayers * 2 * 2;  // keys and values of two chains and two heads
  for (const int ring_size : {1, 3}) {
    OnEveryRank(ring_size, Transport::kGloo, [&](const Ring& ring) {
      const Model model;
      ShardedCache cache(CacheOptions(model), ring);
      EXPECT_EQ(cache.bytes(), 0);
      for (int event = 0; event < 3; ++event) {
        const SequenceLayout next = cache.NextTokens(32 * ring_size);
        for (int64_t layer = 0; layer < kLayers; ++layer) {
          cache.Decode(layer, RandomTokens(model, 32 * ring_size, 301), next);
        }
        cache.Advance(next);
        EXPECT_EQ(cache.bytes(), kRows * 32 * (event + 1) * model.head_dim * 4);
      }
    });
  }
}

TEST(ShardedCacheOptionsTest, RefusesWhatDoesNotFit) {
  EXPECT_THROW(ShardedCache({.num_layers = 0}, Ring()), c10::ValueError);
  const Model model;
  ShardedCache cache(CacheOptions(model), Ring());
  const NewTokens two = RandomTokens(model, 2, 301);
  EXPECT_THROW(cache.Decode(0, two, cache.NextTokens(3)), c10::ValueError);
  EXPECT_THROW(cache.Prefill(0, two, cache.NextPrompt(LayoutKind::kZigzag, 3)), c10::ValueError);
  EXPECT_THROW(cache.Decode(0, RandomTokens({.key_heads = 1}, 2, 301), cache.NextTokens(2)),
               c10::ValueError);
  EXPECT_THROW(cache.Decode(kLayers, two, cache.NextTokens(2)), c10::Error);
  EXPECT_THROW(cache.Truncate(1), c10::Error);
}

}  // namespace
}  // namespace ring
