// One numpy array as it lies in an .npy file: a text header and the elements.
//
// Versions 1, 2 and 3 of the format, C and Fortran order. The header comes from a file nobody
// vouches for, so the product of the shape is formed with overflow checks and must equal the
// bytes that are really there before anything is allocated for it.
#ifndef DATASETS_NPY_H_
#define DATASETS_NPY_H_

#include "datasets/element_type.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace datasets {

struct NpyArray {
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;    // empty: a scalar
  std::vector<std::byte> bytes;  // elements in C order, no padding

  int64_t num_elements() const;

  // The elements. REQUIRES: `T` is the C++ type of `type` (uint8_t also for kBool).
  template <class T>
  std::span<const T> Values() const {
    RequireType(ElementTypeOf<T>());
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }

  // An array of `shape` holding a copy of `values`. REQUIRES: the sizes agree.
  template <class T>
  static NpyArray Of(std::span<const T> values, std::vector<int64_t> shape) {
    const auto raw = std::as_bytes(values);
    NpyArray array{ElementTypeOf<T>(), std::move(shape), {raw.begin(), raw.end()}};
    array.RequireConsistent();
    return array;
  }

  bool operator==(const NpyArray&) const = default;

 private:
  void RequireType(ElementType wanted) const;
  void RequireConsistent() const;
};

// Elements of an array of `shape`; nothing if the product does not fit or a length is negative.
std::optional<int64_t> NumElements(std::span<const int64_t> shape);

// "(1001, 24)", the way numpy prints a shape.
std::string ShapeText(std::span<const int64_t> shape);

// The array in a whole .npy file. A Fortran-order array is transposed into C order.
// Throws std::invalid_argument; `place` ("w.npz: observation") opens the sentence.
NpyArray ParseNpy(std::vector<std::byte> file, const std::string& place);

// The .npy file (version 1, C order) that holds `array`.
std::vector<std::byte> FormatNpy(const NpyArray& array);

}  // namespace datasets

#endif  // DATASETS_NPY_H_
