#include "datasets/hdf5_dataset.h"

#include "datasets/chunk_codec.h"
#include "datasets/npy.h"

#include <hdf5.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

namespace datasets {
namespace {

[[noreturn]] void Refuse(const std::string& place, const std::string& what) {
  throw std::invalid_argument(place + ": " + what);
}

ElementType TypeOf(hid_t dataset, const std::string& place) {
  const Hdf5Handle type = CheckedHdf5(H5Dget_type(dataset), place, "its type cannot be read");
  for (const ElementType candidate :
       {ElementType::kFloat32, ElementType::kBool, ElementType::kFloat64, ElementType::kInt64,
        ElementType::kInt32, ElementType::kUint8, ElementType::kInt8, ElementType::kInt16,
        ElementType::kUint16, ElementType::kUint32, ElementType::kUint64}) {
    if (H5Tequal(type.get(), Hdf5TypeOf(candidate)) > 0) return candidate;
  }
  Refuse(place,
         "its element type is not one that can be read (little-endian numbers and bool are)");
}

std::vector<int64_t> ShapeOf(hid_t dataset, const std::string& place) {
  const Hdf5Handle space = CheckedHdf5(H5Dget_space(dataset), place, "its shape cannot be read");
  hsize_t dims[H5S_MAX_RANK];
  const int rank = H5Sget_simple_extent_dims(space.get(), dims, nullptr);
  if (rank < 0) Refuse(place, "its shape cannot be read");
  std::vector<int64_t> shape;
  for (int d = 0; d < rank; ++d) {
    if (dims[d] > static_cast<hsize_t>(INT64_MAX)) Refuse(place, "its shape cannot be right");
    shape.push_back(static_cast<int64_t>(dims[d]));
  }
  return shape;
}

// Whether a chunk's filters are exactly those of EncodeChunk, and then whether it is compressed.
std::optional<bool> FiltersOfEncodeChunk(hid_t layout) {
  constexpr std::array<H5Z_filter_t, 3> kCompressed{H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE,
                                                    H5Z_FILTER_FLETCHER32};
  const int count = H5Pget_nfilters(layout);
  if (count != 1 && count != 3) return std::nullopt;
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0;
    unsigned config = 0;
    size_t num_values = 0;
    const H5Z_filter_t filter = H5Pget_filter2(layout, static_cast<unsigned>(i), &flags,
                                               &num_values, nullptr, 0, nullptr, &config);
    if (filter != kCompressed[static_cast<size_t>(count == 3 ? i : 2)]) return std::nullopt;
  }
  return count == 3;
}

// Whether the array is one chunk of its own shape.
bool IsOneChunk(hid_t layout, const std::vector<int64_t>& shape) {
  hsize_t dims[H5S_MAX_RANK];
  if (shape.empty() || H5Pget_layout(layout) != H5D_CHUNKED) return false;
  const int rank = H5Pget_chunk(layout, H5S_MAX_RANK, dims);
  if (rank != static_cast<int>(shape.size())) return false;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (dims[d] != static_cast<hsize_t>(shape[d])) return false;
  }
  return true;
}

}  // namespace

Hdf5Dataset::Hdf5Dataset(Hdf5Handle handle, std::string place,
                         std::shared_ptr<const PositionedFile> file)
    : handle_(std::move(handle)), place_(std::move(place)), file_(std::move(file)) {
  type_ = TypeOf(handle_.get(), place_);
  shape_ = ShapeOf(handle_.get(), place_);
  const auto elements = NumElements(shape_);
  if (!elements) Refuse(place_, "its shape " + ShapeText(shape_) + " cannot be right");
  num_elements_ = *elements;
  chunk_ = FindChunk();
  if (chunk_) handle_ = Hdf5Handle();
}

void Hdf5Dataset::Read(std::span<std::byte> elements) const {
  if (elements.size() != static_cast<size_t>(num_elements_) * ElementSize(type_)) {
    throw std::logic_error(place_ + " has " + std::to_string(num_elements_) +
                           " elements, which is not the size it was read with");
  }
  if (elements.empty()) return;
  if (chunk_) {
    ReadChunk(elements);
    return;
  }
  CheckHdf5(
      H5Dread(handle_.get(), Hdf5TypeOf(type_), H5S_ALL, H5S_ALL, H5P_DEFAULT, elements.data()),
      place_, "its data cannot be read; the file is damaged, import it again");
}

void Hdf5Dataset::ReadFloats(std::span<float> values) const {
  if (type_ != ElementType::kFloat32 || num_elements_ != static_cast<int64_t>(values.size())) {
    Refuse(place_, "it is " + std::string(NumpyName(type_)) + " of shape " + ShapeText(shape_) +
                       ", but must be " + std::to_string(values.size()) + " numbers of type <f4");
  }
  Read(std::as_writable_bytes(values));
}

std::optional<Hdf5Dataset::Chunk> Hdf5Dataset::FindChunk() const {
  const Hdf5Handle layout(H5Dget_create_plist(handle_.get()));
  if (layout.get() < 0 || !IsOneChunk(layout.get(), shape_)) return std::nullopt;
  const std::optional<bool> compressed = FiltersOfEncodeChunk(layout.get());
  if (!compressed) return std::nullopt;
  const std::vector<hsize_t> origin(shape_.size(), 0);
  unsigned skipped_filters = 0;
  haddr_t offset = HADDR_UNDEF;
  hsize_t size = 0;
  if (H5Dget_chunk_info_by_coord(handle_.get(), origin.data(), &skipped_filters, &offset, &size) <
          0 ||
      skipped_filters != 0 || offset == HADDR_UNDEF) {
    return std::nullopt;
  }
  // Noise grows by a fraction of a percent when it is deflated, never by this much.
  if (size > 2 * static_cast<uint64_t>(num_elements_) * ElementSize(type_) + 1024) {
    Refuse(place_, "its data claim " + std::to_string(size) + " bytes; the file is damaged");
  }
  return Chunk{offset, size, *compressed};
}

void Hdf5Dataset::ReadChunk(std::span<std::byte> elements) const {
  const auto refuse = [&](const char* what) {
    Refuse(place_, std::string(what) + "; the file is damaged, import it again");
  };
  if (!chunk_->compressed && chunk_->size == elements.size() + kChecksumBytes) {
    uint32_t checksum = 0;
    const auto tail = std::as_writable_bytes(std::span(&checksum, 1));
    if (!file_->Read(chunk_->offset, elements, tail)) refuse("its data cannot be read");
    if (Fletcher32(elements) != checksum) refuse("its checksum differs");
    return;
  }
  std::vector<std::byte> bytes(chunk_->size);
  if (!file_->Read(chunk_->offset, bytes)) refuse("its data cannot be read");
  DecodeChunk(bytes, chunk_->compressed, ElementSize(type_), elements, place_);
}

}  // namespace datasets
