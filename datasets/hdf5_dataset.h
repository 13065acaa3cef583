// Reads one array of an HDF5 file.
#ifndef DATASETS_HDF5_DATASET_H_
#define DATASETS_HDF5_DATASET_H_

#include "datasets/element_type.h"
#include "datasets/hdf5_handle.h"
#include "datasets/positioned_file.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace datasets {

// An array in a file, open for reading. Several threads may read, the same array or others: one
// that is stored the way EncodeChunk stores it, as all of this project's are, is fetched and
// decoded without the library and its lock.
class Hdf5Dataset {
 public:
  ElementType type() const { return type_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t num_elements() const { return num_elements_; }

  // All elements in C order. REQUIRES: `elements` has the array's size in bytes.
  void Read(std::span<std::byte> elements) const;

  // Read, and require as many float32 numbers as `values` has room for.
  void ReadFloats(std::span<float> values) const;

 private:
  friend class Hdf5Group;
  // Where the bytes of EncodeChunk are.
  struct Chunk {
    uint64_t offset = 0;
    uint64_t size = 0;
    bool compressed = false;
  };

  Hdf5Dataset(Hdf5Handle handle, std::string place, std::shared_ptr<const PositionedFile> file);
  std::optional<Chunk> FindChunk() const;
  void ReadChunk(std::span<std::byte> elements) const;

  Hdf5Handle handle_;  // empty once `chunk_` is known
  std::string place_;
  std::shared_ptr<const PositionedFile> file_;
  std::optional<Chunk> chunk_;  // none: the array is stored otherwise
  ElementType type_ = ElementType::kFloat32;
  std::vector<int64_t> shape_;
  int64_t num_elements_ = 0;
};

}  // namespace datasets

#endif  // DATASETS_HDF5_DATASET_H_
