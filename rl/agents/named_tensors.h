// Tensors by name: what a checkpoint holds.
#ifndef RL_AGENTS_NAMED_TENSORS_H_
#define RL_AGENTS_NAMED_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace rl {

using NamedTensors = std::map<std::string, at::Tensor>;

// Copies `source` into the tensors of `destination`, in place. Both must hold the same names, each
// with the same shape and type; otherwise one sentence (c10::ValueError) says what differs first
// and nothing is changed. `what` names the source in it: "the checkpoint's model".
void CopyTensors(const NamedTensors& source, const NamedTensors& destination,
                 std::string_view what);

// A hash of names, shapes and bytes: equal tensors have equal ones.
uint64_t Fingerprint(const NamedTensors& tensors);

}  // namespace rl

#endif  // RL_AGENTS_NAMED_TENSORS_H_
