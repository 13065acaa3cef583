#include "rl/agents/named_tensors.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

namespace rl {

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

}  // namespace rl
