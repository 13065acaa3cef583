#include "models/safetensors_header.h"

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

namespace models {
namespace {

constexpr std::string_view kMetadata = "__metadata__";

struct DtypeName {
  at::ScalarType dtype;
  std::string_view name;
};

constexpr std::array kDtypes = {
    DtypeName{at::kBool, "BOOL"},  DtypeName{at::kByte, "U8"},       DtypeName{at::kChar, "I8"},
    DtypeName{at::kShort, "I16"},  DtypeName{at::kInt, "I32"},       DtypeName{at::kLong, "I64"},
    DtypeName{at::kHalf, "F16"},   DtypeName{at::kBFloat16, "BF16"}, DtypeName{at::kFloat, "F32"},
    DtypeName{at::kDouble, "F64"},
};

std::string_view NameOf(at::ScalarType dtype, const std::string& tensor) {
  const auto* found = std::find_if(kDtypes.begin(), kDtypes.end(),
                                   [&](const DtypeName& known) { return known.dtype == dtype; });
  TORCH_CHECK_VALUE(found != kDtypes.end(), "tensor ", tensor, " is ", dtype,
                    ", which a safetensors file cannot hold");
  return found->name;
}

// Where a reader stands: the file and the tensor, in front of every complaint.
std::string Where(const std::string& place, const std::string& tensor) {
  return place + ": tensor \"" + tensor + "\"";
}

at::ScalarType ParseDtype(const nlohmann::json& value, const std::string& where) {
  TORCH_CHECK_VALUE(value.is_string(), where, " has no dtype");
  const auto* found = std::find_if(kDtypes.begin(), kDtypes.end(), [&](const DtypeName& known) {
    return known.name == value.get_ref<const std::string&>();
  });
  TORCH_CHECK_VALUE(found != kDtypes.end(), where, " has the unknown dtype ", value.dump());
  return found->dtype;
}

std::vector<uint64_t> ParseNaturals(const nlohmann::json& value, const char* key,
                                    const std::string& where) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  TORCH_CHECK_VALUE(value.is_array(), where, " has no list \"", key, "\"");
  std::vector<uint64_t> naturals;
  for (const nlohmann::json& item : value) {
    TORCH_CHECK_VALUE(item.is_number_unsigned() && item.get<uint64_t>() <= kMost, where, " has ",
                      item.dump(), " in \"", key, "\", where only natural numbers can stand");
    naturals.push_back(item.get<uint64_t>());
  }
  return naturals;
}

// Bytes of a tensor of that shape. Saturates, so that no product of lengths wraps round to a size
// that happens to fit.
uint64_t NumBytes(const std::vector<uint64_t>& shape, uint64_t item_size) {
  if (std::find(shape.begin(), shape.end(), 0U) != shape.end()) return 0;
  uint64_t bytes = item_size;
  for (const uint64_t length : shape) {
    if (bytes > std::numeric_limits<uint64_t>::max() / length) {
      return std::numeric_limits<uint64_t>::max();
    }
    bytes *= length;
  }
  return bytes;
}

SafetensorsEntry ParseEntry(const std::string& name, const nlohmann::json& value,
                            uint64_t data_size, const std::string& place) {
  const std::string where = Where(place, name);
  TORCH_CHECK_VALUE(value.is_object() && value.size() == 3 && value.contains("dtype") &&
                        value.contains("shape") && value.contains("data_offsets"),
                    where, " must have exactly dtype, shape and data_offsets");
  const at::ScalarType dtype = ParseDtype(value["dtype"], where);
  const std::vector<uint64_t> shape = ParseNaturals(value["shape"], "shape", where);
  const std::vector<uint64_t> offsets = ParseNaturals(value["data_offsets"], "data_offsets", where);
  TORCH_CHECK_VALUE(offsets.size() == 2 && offsets[0] <= offsets[1] && offsets[1] <= data_size,
                    where, " lies at ", value["data_offsets"].dump(), " of ", data_size,
                    " bytes: the file is truncated or damaged");
  const uint64_t expected = NumBytes(shape, c10::elementSize(dtype));
  TORCH_CHECK_VALUE(offsets[1] - offsets[0] == expected, where, " has ", offsets[1] - offsets[0],
                    " bytes, but its shape and dtype need ", expected);
  return {.name = name,
          .dtype = dtype,
          .shape = std::vector<int64_t>(shape.begin(), shape.end()),
          .begin = offsets[0],
          .end = offsets[1]};
}

std::map<std::string, std::string> ParseMetadata(const nlohmann::json& value,
                                                 const std::string& place) {
  TORCH_CHECK_VALUE(value.is_object(), place, ": __metadata__ must be an object of strings");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : value.items()) {
    TORCH_CHECK_VALUE(text.is_string(), place, ": __metadata__ entry \"", key,
                      "\" must be a string");
    metadata.emplace(key, text.get<std::string>());
  }
  return metadata;
}

void CheckTiling(const SafetensorsHeader& header, uint64_t data_size, const std::string& place) {
  uint64_t next = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    TORCH_CHECK_VALUE(entry.begin == next, Where(place, entry.name), " begins at byte ",
                      entry.begin, ", where ", next,
                      " was expected: tensors overlap or leave gaps");
    next = entry.end;
  }
  TORCH_CHECK_VALUE(next == data_size, place, ": the tensors end at byte ", next, " of ", data_size,
                    ": the file is damaged");
}

}  // namespace

SafetensorsHeader MakeSafetensorsHeader(const SafetensorsFile& contents) {
  SafetensorsHeader header = {.entries = {}, .metadata = contents.metadata};
  for (const auto& [name, tensor] : contents.tensors) {
    TORCH_CHECK_VALUE(name != kMetadata, "a tensor cannot be called __metadata__");
    TORCH_CHECK_VALUE(tensor.defined(), "tensor ", name, " is undefined");
    NameOf(tensor.scalar_type(), name);
    header.entries.push_back(
        {.name = name, .dtype = tensor.scalar_type(), .shape = tensor.sizes().vec()});
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(-static_cast<int>(c10::elementSize(a.dtype)), std::cref(a.name)) <
           std::make_tuple(-static_cast<int>(c10::elementSize(b.dtype)), std::cref(b.name));
  });
  uint64_t next = 0;
  for (SafetensorsEntry& entry : header.entries) {
    const std::vector<uint64_t> shape(entry.shape.begin(), entry.shape.end());
    entry.begin = std::exchange(next, next + NumBytes(shape, c10::elementSize(entry.dtype)));
    entry.end = next;
  }
  return header;
}

std::string SerializeSafetensorsHeader(const SafetensorsHeader& header) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) json[std::string(kMetadata)] = header.metadata;
  for (const SafetensorsEntry& entry : header.entries) {
    json[entry.name] = {{"dtype", NameOf(entry.dtype, entry.name)},
                        {"shape", entry.shape},
                        {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text = json.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

SafetensorsHeader ParseSafetensorsHeader(const std::string& text, uint64_t data_size,
                                         const std::string& place) {
  const nlohmann::json json =
      nlohmann::json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  TORCH_CHECK_VALUE(json.is_object(), place,
                    ": is not a safetensors file, its header is not a JSON object");
  SafetensorsHeader header;
  for (const auto& [name, value] : json.items()) {
    if (name == kMetadata) {
      header.metadata = ParseMetadata(value, place);
    } else {
      header.entries.push_back(ParseEntry(name, value, data_size, place));
    }
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  CheckTiling(header, data_size, place);
  return header;
}

}  // namespace models
