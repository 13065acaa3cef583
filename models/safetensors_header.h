// The JSON header of a safetensors file, apart from reading and writing bytes.
#ifndef MODELS_SAFETENSORS_HEADER_H_
#define MODELS_SAFETENSORS_HEADER_H_

#include "models/safetensors.h"

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace models {

// The format's own limit; also what bounds the memory a damaged file can ask for.
inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

struct SafetensorsEntry {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  uint64_t begin = 0;  // bytes, counted from the end of the header
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of their bytes, without gaps
  std::map<std::string, std::string> metadata;
};

// Lays the tensors out: wider elements first, so that every one is aligned, then by name.
// Throws c10::ValueError for a tensor whose dtype the format lacks.
SafetensorsHeader MakeSafetensorsHeader(const SafetensorsFile& contents);

// JSON padded with spaces to a multiple of 8. The same header gives the same bytes.
std::string SerializeSafetensorsHeader(const SafetensorsHeader& header);

// Inverse; checks that every dtype is known, every shape and size agree, and that the tensors cover
// the `data_size` bytes behind the header exactly once. Otherwise c10::ValueError beginning with
// `place`, the file's name.
SafetensorsHeader ParseSafetensorsHeader(const std::string& text, uint64_t data_size,
                                         const std::string& place);

}  // namespace models

#endif  // MODELS_SAFETENSORS_HEADER_H_
