#include "ring/runtime/communicator.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <functional>

namespace ring {

at::Tensor Message::View(at::IntArrayRef sizes, at::ScalarType dtype, int64_t offset) const {
  TORCH_CHECK(bytes_.defined(), "a view of an empty message");
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  const auto element = static_cast<int64_t>(c10::elementSize(dtype));
  TORCH_CHECK(offset >= 0 && offset % element == 0, "a view must start at a multiple of ", element,
              " bytes, not at ", offset);
  TORCH_CHECK(offset + count * element <= bytes_.numel(), "a view of ", count * element,
              " bytes at ", offset, " ends behind a message of ", bytes_.numel());
  auto* const begin = static_cast<std::byte*>(bytes_.data_ptr()) + offset;
  return at::from_blob(begin, sizes, at::TensorOptions(bytes_.device()).dtype(dtype));
}

void PendingSend::Wait() {
  TORCH_CHECK(work_ != nullptr, "a send is waited for once");
  const std::unique_ptr<Work> work = std::move(work_);
  work->Wait();
}

Message PendingReceive::Wait() {
  TORCH_CHECK(work_ != nullptr, "a receive is waited for once");
  const std::unique_ptr<Work> work = std::move(work_);
  return work->Wait();
}

std::vector<std::string> Communicator::GatherTexts(const std::string& text,
                                                   const std::string& what) {
  at::Tensor length = at::empty({1}, at::kLong);
  length.fill_(static_cast<int64_t>(text.size()));
  const at::Tensor lengths = AllGather(length, what).flatten();
  const int64_t longest = lengths.max().item<int64_t>();
  at::Tensor padded = at::zeros({longest}, at::kByte);
  std::ranges::copy(text, static_cast<char*>(padded.data_ptr()));
  const at::Tensor all = longest > 0 ? AllGather(padded, what) : at::empty({size(), 0}, at::kByte);
  std::vector<std::string> texts;
  for (int r = 0; r < size(); ++r) {
    const auto* const begin = static_cast<const char*>(all.data_ptr()) + r * longest;
    texts.emplace_back(begin, static_cast<size_t>(lengths[r].item<int64_t>()));
  }
  return texts;
}

void Communicator::Agree(const std::string& described, const std::string& what) {
  if (size() == 1) return;
  at::Tensor hash = at::empty({1}, at::kLong);
  hash.fill_(static_cast<int64_t>(std::hash<std::string>()(described)));
  const at::Tensor hashes = AllGather(hash, what).flatten();
  if (hashes.eq(hashes[0]).all().item<bool>()) return;

  // Everybody sees the same hashes, so everybody comes here, and throws the same sentence.
  const std::vector<std::string> texts = GatherTexts(described, what);
  const auto other = std::ranges::find_if(texts, [&](const auto& t) { return t != texts[0]; });
  throw CommunicationError("ranks disagree about " + what + ": rank 0 has " + texts[0] + ", rank " +
                           std::to_string(other - texts.begin()) + " has " + *other);
}

}  // namespace ring
