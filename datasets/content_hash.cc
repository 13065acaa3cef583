#include "datasets/content_hash.h"

#include "datasets/sha256.h"

#include <bit>
#include <span>

namespace datasets {
namespace {

static_assert(std::endian::native == std::endian::little, "hashes are of little-endian numbers");

std::span<const std::byte> Floats(const at::Tensor& tensor) {
  return std::as_bytes(
      std::span(tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())));
}

}  // namespace

std::string ContentHash(const EpisodeTensors& episodes) {
  Sha256 hash;
  hash.Add(std::as_bytes(std::span(episodes.num_steps)));
  hash.Add(Floats(episodes.observation_NO));
  hash.Add(Floats(episodes.action_NA));
  hash.Add(Floats(episodes.reward_N));
  return hash.Finish();
}

}  // namespace datasets
