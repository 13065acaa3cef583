#include "datasets/element_type.h"

#include <array>
#include <bit>
#include <stdexcept>

namespace datasets {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read without swapping bytes");

struct Entry {
  ElementType type;
  std::string_view numpy_name;
  size_t size;
};

constexpr std::array kTypes{
    Entry{ElementType::kBool, "|b1", 1},    Entry{ElementType::kInt8, "|i1", 1},
    Entry{ElementType::kUint8, "|u1", 1},   Entry{ElementType::kInt16, "<i2", 2},
    Entry{ElementType::kUint16, "<u2", 2},  Entry{ElementType::kInt32, "<i4", 4},
    Entry{ElementType::kUint32, "<u4", 4},  Entry{ElementType::kInt64, "<i8", 8},
    Entry{ElementType::kUint64, "<u8", 8},  Entry{ElementType::kFloat32, "<f4", 4},
    Entry{ElementType::kFloat64, "<f8", 8},
};

const Entry& Find(ElementType type) {
  for (const Entry& entry : kTypes) {
    if (entry.type == type) return entry;
  }
  throw std::logic_error("an ElementType outside the list");
}

}  // namespace

size_t ElementSize(ElementType type) { return Find(type).size; }

std::string_view NumpyName(ElementType type) { return Find(type).numpy_name; }

std::optional<ElementType> FromNumpyName(std::string_view name) {
  for (const Entry& entry : kTypes) {
    // Byte order means nothing for one byte; numpy writes "|", others may write "<".
    const bool same = entry.size == 1
                          ? name.size() == 3 && name.substr(1) == entry.numpy_name.substr(1)
                          : name == entry.numpy_name;
    if (same) return entry.type;
  }
  return std::nullopt;
}

}  // namespace datasets
