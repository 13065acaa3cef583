#include "ring/parallel/collectives.h"

#include "ring/runtime/trace.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cstdint>

namespace ring {

void SumOverRing(const std::vector<at::Tensor>& tensors, const Ring& ring,
                 const std::string& what) {
  if (ring.size() == 1) return;
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> flat;
  for (const at::Tensor& tensor : tensors) flat.push_back(tensor.flatten());
  at::Tensor all = at::cat(flat);
  ring.communicator().AllReduce(all, Reduction::kSum, what);
  int64_t begin = 0;
  for (const at::Tensor& tensor : tensors) {
    tensor.copy_(all.narrow(0, begin, tensor.numel()).view(tensor.sizes()));
    begin += tensor.numel();
  }
}

void CopyFromFirst(const std::vector<at::Tensor>& tensors, const Ring& ring,
                   const std::string& what) {
  if (ring.size() == 1) return;
  const at::NoGradGuard no_grad;
  for (const at::Tensor& tensor : tensors) {
    at::Tensor first = tensor.contiguous();
    ring.communicator().Broadcast(first, /*root=*/0, what);
    if (!first.is_same(tensor)) tensor.copy_(first);
  }
}

std::string TextOfFirst(const std::string& text, const Ring& ring, const std::string& what) {
  if (ring.size() == 1) return text;
  at::Tensor size = at::full({1}, static_cast<int64_t>(text.size()), at::kLong);
  ring.communicator().Broadcast(size, /*root=*/0, what);
  const auto length = size.item<int64_t>();
  if (length == 0) return "";
  at::Tensor bytes = at::empty({length}, at::kByte);
  auto* const begin = bytes.mutable_data_ptr<uint8_t>();
  if (ring.rank() == 0) std::copy(text.begin(), text.end(), begin);
  ring.communicator().Broadcast(bytes, /*root=*/0, what);
  return {begin, begin + length};
}

std::vector<std::string> GatherTexts(const std::string& text, const Ring& ring,
                                     const std::string& what) {
  if (ring.size() == 1) return {text};
  return ring.communicator().GatherTexts(text, what);
}

bool AnyOfRing(bool mine, const Ring& ring, const std::string& what) {
  if (ring.size() == 1) return mine;
  at::Tensor any = at::full({1}, mine ? 1 : 0, at::kLong);
  ring.communicator().AllReduce(any, Reduction::kMax, what);
  return any.item<int64_t>() != 0;
}

void AgreeOverRing(const std::string& described, const Ring& ring, const std::string& what) {
  if (ring.size() > 1) ring.communicator().Agree(described, what);
}

void WaitForAll(const Ring& ring, const std::string& what, std::chrono::milliseconds timeout) {
  if (ring.size() > 1) ring.communicator().Barrier(what, timeout);
}

double WaitedSeconds(const Ring& ring) {
  if (ring.size() == 1) return 0;
  const TraceRecorder* const trace = ring.communicator().trace();
  return trace != nullptr ? trace->wait_seconds() : 0;
}

}  // namespace ring
