// Reads one array of an HDF5 file.
#ifndef DATASETS_HDF5_DATASET_H_
#define DATASETS_HDF5_DATASET_H_

#include "datasets/element_type.h"
#include "datasets/hdf5_handle.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace datasets {

// An array in a file, open for reading.
class Hdf5Dataset {
 public:
  ElementType type() const { return type_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t num_elements() const { return num_elements_; }

  // All elements in C order. REQUIRES: `elements` has the array's size in bytes.
  void Read(std::span<std::byte> elements) const;

 private:
  friend class Hdf5Group;
  Hdf5Dataset(Hdf5Handle handle, std::string place);

  // Reads an array stored the way EncodeChunk stores it; false when it is stored otherwise.
  bool ReadOneChunk(std::span<std::byte> elements) const;

  Hdf5Handle handle_;
  std::string place_;
  ElementType type_ = ElementType::kFloat32;
  std::vector<int64_t> shape_;
  int64_t num_elements_ = 0;
};

}  // namespace datasets

#endif  // DATASETS_HDF5_DATASET_H_
