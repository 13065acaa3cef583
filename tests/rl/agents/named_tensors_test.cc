#include "rl/agents/named_tensors.h"

#include <ATen/ops/full.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(CopyTensorsTest, WhatDiffersIsNamedAndNothingChanges) {
  const NamedTensors destination{{"a", at::full({2}, 1.0F)}, {"b", at::full({3}, 1.0F)}};
  const auto copy = [&](const NamedTensors& source) {
    return [source, &destination] { CopyTensors(source, destination, "the checkpoint's model"); };
  };
  const at::Tensor two = at::full({2}, 2.0F), three = at::full({3}, 2.0F);
  EXPECT_THAT(copy({{"a", two}}),
              ThrowsMessage<c10::ValueError>(HasSubstr("model has no tensor \"b\"")));
  EXPECT_THAT(copy({{"a", two}, {"b", two}}),
              ThrowsMessage<c10::ValueError>(HasSubstr("is [2] where this network has [3]")));
  EXPECT_THAT(
      copy({{"a", two}, {"b", three.to(at::kDouble)}}),
      ThrowsMessage<c10::ValueError>(HasSubstr("\"b\" of the checkpoint's model is Double")));
  EXPECT_THAT(
      copy({{"a", two}, {"b", three}, {"c", two}}),
      ThrowsMessage<c10::ValueError>(HasSubstr("has a tensor \"c\" that this network lacks")));
  EXPECT_EQ(destination.at("a")[0].item<float>(), 1.0F);
  copy({{"a", two}, {"b", three}})();
  EXPECT_EQ(destination.at("a")[0].item<float>(), 2.0F);
}

}  // namespace
}  // namespace rl
