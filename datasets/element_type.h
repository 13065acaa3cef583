// The element types an array on disk may have, and what they are called in .npy headers.
//
// One list serves both file formats, so that whatever numpy wrote can be stored and given back
// without a change of type. Everything is little-endian, as is every machine this runs on.
#ifndef DATASETS_ELEMENT_TYPE_H_
#define DATASETS_ELEMENT_TYPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace datasets {

enum class ElementType {
  kBool,  // one byte, 0 or 1
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kFloat32,
  kFloat64,
};

// Bytes of one element.
size_t ElementSize(ElementType type);

// numpy's own name, "<f4"; and back. Big-endian, complex, object and string types have no entry.
std::string_view NumpyName(ElementType type);
std::optional<ElementType> FromNumpyName(std::string_view name);

// The type that holds a C++ `T`. A bool on disk is a byte in memory, so kBool has no `T`.
template <class T>
constexpr ElementType ElementTypeOf() {
  if constexpr (std::is_same_v<T, float>) {
    return ElementType::kFloat32;
  } else if constexpr (std::is_same_v<T, double>) {
    return ElementType::kFloat64;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return ElementType::kInt64;
  } else if constexpr (std::is_same_v<T, int32_t>) {
    return ElementType::kInt32;
  } else {
    static_assert(std::is_same_v<T, uint8_t>, "no element type for this C++ type");
    return ElementType::kUint8;
  }
}

}  // namespace datasets

#endif  // DATASETS_ELEMENT_TYPE_H_
