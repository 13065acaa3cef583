#include "ring/runtime/hop_header.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace ring {

at::Tensor HeaderTensor(const Hop& hop) {
  const HopHeader header = EncodeHop(hop);
  at::Tensor tensor = at::empty({static_cast<int64_t>(header.size())}, at::kLong);
  std::ranges::copy(header, tensor.mutable_data_ptr<int64_t>());
  return tensor;
}

std::string DifferenceFrom(const Hop& expected, const HopHeader& came) {
  if (came == EncodeHop(expected)) return "";
  if (came[0] != kHopHeaderMagic) return "the peer sent something that is no message";
  return "the peer sent " + Describe(DecodeHop(came)) + " instead";
}

std::string DifferenceFrom(const Hop& expected, const at::Tensor& came) {
  HopHeader header;
  std::copy_n(came.const_data_ptr<int64_t>(), header.size(), header.begin());
  return DifferenceFrom(expected, header);
}

}  // namespace ring
