#include "rl/agents/named_tensors.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstring>
#include <sstream>

namespace rl {
namespace {

// FNV-1a, a word at a time: quick, and enough to tell that something differs.
uint64_t Hash(uint64_t hash, std::string_view bytes) {
  constexpr uint64_t kPrime = 0x100000001B3U;
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t size = std::min(bytes.size(), sizeof(word));
    std::memcpy(&word, bytes.data(), size);
    hash = (hash ^ word) * kPrime;
    hash ^= hash >> 32;
    bytes.remove_prefix(size);
  }
  return hash;
}

}  // namespace

void CopyTensors(const NamedTensors& source, const NamedTensors& destination,
                 std::string_view what) {
  for (const auto& [name, tensor] : destination) {
    const auto found = source.find(name);
    TORCH_CHECK_VALUE(found != source.end(), what, " has no tensor \"", name,
                      "\"; it belongs to another network, use the options it was trained with");
    TORCH_CHECK_VALUE(found->second.sizes() == tensor.sizes(), "\"", name, "\" of ", what, " is ",
                      found->second.sizes(), " where this network has ", tensor.sizes(),
                      "; use the options and the domain it was trained with");
    TORCH_CHECK_VALUE(found->second.scalar_type() == tensor.scalar_type(), "\"", name, "\" of ",
                      what, " is ", found->second.scalar_type(), " where this network has ",
                      tensor.scalar_type(), "; use a checkpoint written by this program");
  }
  for (const auto& [name, tensor] : source) {
    TORCH_CHECK_VALUE(destination.contains(name), what, " has a tensor \"", name,
                      "\" that this network lacks; use the options it was trained with");
  }
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : destination) tensor.copy_(source.at(name));
}

uint64_t Fingerprint(const NamedTensors& tensors) {
  uint64_t hash = 0xCBF29CE484222325U;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor bytes = tensor.detach().contiguous();
    std::ostringstream header;
    header << name << bytes.sizes() << bytes.scalar_type();
    hash = Hash(hash, header.str());
    hash = Hash(hash, {static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()});
  }
  return hash;
}

}  // namespace rl
