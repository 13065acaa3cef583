// Named tensors in one file, in the safetensors format (huggingface/safetensors, format 0.x):
//
//   8 bytes   N, length of the header, little-endian
//   N bytes   JSON {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3],
//             "data_offsets": [begin, end]}, ...}, padded with spaces to a multiple of 8
//   rest      the tensors' bytes, row-major, offsets counted from here, without gaps
//
// Tensors are written widest elements first, then by name, so equal contents give equal bytes and
// every tensor is aligned. Reading trusts nothing: every length, offset, shape and dtype is checked
// against the file's size before memory is taken.
#ifndef MODELS_SAFETENSORS_H_
#define MODELS_SAFETENSORS_H_

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace models {

struct SafetensorsFile {
  std::map<std::string, at::Tensor> tensors;  // CPU; any of bool, u8, i8, i16, i32, i64, f16, bf16,
                                              // f32, f64
  std::map<std::string, std::string> metadata;  // free text
};

// Writes to a temporary file beside `path`, syncs and renames; on failure `path` is as it was and
// std::runtime_error says why. Tensors may be anywhere, strided and require gradients.
void WriteSafetensors(const std::filesystem::path& path, const SafetensorsFile& contents);

// Throws std::runtime_error when the file cannot be read, c10::ValueError with one sentence naming
// file, place and reason when it is not a well-formed safetensors file.
SafetensorsFile ReadSafetensors(const std::filesystem::path& path);

}  // namespace models

#endif  // MODELS_SAFETENSORS_H_
