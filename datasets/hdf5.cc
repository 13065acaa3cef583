#include "datasets/hdf5.h"

#include "datasets/hdf5_write_driver.h"
#include "datasets/npy.h"

#include <hdf5.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace datasets {
namespace {

constexpr unsigned kDeflateLevel = 1;
// Lengths that differ from episode to episode must not pile up.
constexpr size_t kMostKept = 64;
// Metadata goes to the disk in pieces of this size, between the arrays.
constexpr hsize_t kMetadataBlock = 64 << 10;
constexpr unsigned kExpectedLinks = 6;
constexpr unsigned kExpectedNameLength = 12;
// Attributes hold names and paths. Strings are of fixed length, within the checksummed header of
// their object: the heap of the variable-length ones has no checksum, and the library crashes
// when it is damaged.
constexpr size_t kLongestString = 60000;  // an attribute must stay below 64 KB

[[noreturn]] void Refuse(const std::string& place, const std::string& what) {
  throw std::invalid_argument(place + ": " + what);
}

// One chunk of the array's own size, and the filters that EncodeChunk has applied.
Hdf5Handle ChunkLayout(const EncodedChunk& chunk, std::span<const hsize_t> dims,
                       const std::string& place) {
  Hdf5Handle layout = CheckedHdf5(H5Pcreate(H5P_DATASET_CREATE), place, "cannot describe a chunk");
  const hid_t id = layout.get();
  bool ok = H5Pset_chunk(id, static_cast<int>(dims.size()), dims.data()) >= 0 &&
            H5Pset_fill_time(id, H5D_FILL_TIME_NEVER) >= 0 &&
            H5Pset_obj_track_times(id, /*track_times=*/false) >= 0;
  if (chunk.compressed) {
    ok = ok && H5Pset_shuffle(id) >= 0 && H5Pset_deflate(id, kDeflateLevel) >= 0;
  }
  ok = ok && H5Pset_fletcher32(id) >= 0;
  if (!ok) Refuse(place, "cannot describe a chunk (" + LastHdf5Error() + ")");
  return layout;
}

Hdf5Handle FileAccess(const std::string& place) {
  Hdf5Handle access = CheckedHdf5(H5Pcreate(H5P_FILE_ACCESS), place, "cannot describe file access");
  const hid_t id = access.get();
  // The 1.10 formats index an array of one chunk by its address alone, without a B-tree.
  if (H5Pset_libver_bounds(id, H5F_LIBVER_V110, H5F_LIBVER_LATEST) < 0 ||
      H5Pset_fclose_degree(id, H5F_CLOSE_STRONG) < 0 ||
      H5Pset_meta_block_size(id, kMetadataBlock) < 0) {
    Refuse(place, "cannot describe file access");
  }
  return access;
}

}  // namespace

struct Hdf5Group::Writing {
  struct Shape {
    Hdf5Handle space;
    Hdf5Handle layout;  // empty outside chunks
  };
  // What tells two arrays apart: type, shape, compression and encoded bytes.
  using Content = std::tuple<ElementType, std::vector<int64_t>, bool, std::vector<std::byte>>;

  explicit Writing(const std::string& place)
      : scalar(CheckedHdf5(H5Screate(H5S_SCALAR), place, "cannot describe an attribute")),
        group_layout(CheckedHdf5(H5Pcreate(H5P_GROUP_CREATE), place, "cannot describe a group")) {
    // Without times of day, equal episodes make equal files. With room for the names of an
    // episode's columns in the group's own header, that header never moves.
    if (H5Pset_obj_track_times(group_layout.get(), /*track_times=*/false) < 0 ||
        H5Pset_est_link_info(group_layout.get(), kExpectedLinks, kExpectedNameLength) < 0) {
      Refuse(place, "cannot describe a group");
    }
  }

  const Shape& Of(const EncodedChunk& chunk, const std::string& place) {
    if (shapes.size() == kMostKept) shapes.clear();
    const auto [found, is_new] = shapes.try_emplace({chunk.shape, chunk.compressed});
    if (is_new) {
      const std::vector<hsize_t> dims(chunk.shape.begin(), chunk.shape.end());
      found->second.space =
          CheckedHdf5(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), place,
                      "its shape cannot be stored");
      // The library takes an array without dimensions or without elements only outside chunks.
      const bool chunked = !dims.empty() && *std::min_element(dims.begin(), dims.end()) > 0;
      if (chunked) found->second.layout = ChunkLayout(chunk, dims, place);
    }
    return found->second;
  }

  Hdf5Handle scalar;
  Hdf5Handle group_layout;
  std::map<std::pair<std::vector<int64_t>, bool>, Shape> shapes;  // by shape and compression
  std::map<Content, Hdf5Handle> shared;                           // arrays of WriteShared
};

Hdf5Group::Hdf5Group(Hdf5Handle handle, std::string place,
                     std::shared_ptr<const PositionedFile> file)
    : handle_(std::move(handle)), place_(std::move(place)), file_(std::move(file)) {}

Hdf5Group::Hdf5Group(Hdf5Handle handle, std::string place, std::shared_ptr<Writing> writing)
    : handle_(std::move(handle)), place_(std::move(place)), writing_(std::move(writing)) {}

bool Hdf5Group::Has(const std::string& name) const {
  // The library requires every group on the way to exist.
  for (size_t slash = name.find('/'); slash != std::string::npos;
       slash = name.find('/', slash + 1)) {
    if (H5Lexists(handle_.get(), name.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return H5Lexists(handle_.get(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Hdf5Group::names() const {
  std::vector<std::string> names;
  const auto take = [](hid_t /*group*/, const char* name, const H5L_info_t* /*info*/, void* out) {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return herr_t{0};
  };
  CheckHdf5(H5Literate(handle_.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, take, &names), place_,
            "its members cannot be listed");
  return names;
}

Hdf5Group Hdf5Group::Open(const std::string& name) const {
  SilenceHdf5();
  const std::string place = place_ + ": " + name;
  return {CheckedHdf5(H5Gopen2(handle_.get(), name.c_str(), H5P_DEFAULT), place, "no such group"),
          place, file_};
}

Hdf5Dataset Hdf5Group::OpenDataset(const std::string& name) const {
  SilenceHdf5();
  const std::string place = place_ + ": " + name;
  return {CheckedHdf5(H5Dopen2(handle_.get(), name.c_str(), H5P_DEFAULT), place, "no such array"),
          place, file_};
}

bool Hdf5Group::IsGroup(const std::string& name) const {
  H5O_info_t info;
  CheckHdf5(H5Oget_info_by_name2(handle_.get(), name.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT),
            place_ + ": " + name, "it cannot be opened");
  return info.type == H5O_TYPE_GROUP;
}

bool Hdf5Group::HasAttribute(const std::string& name) const {
  return H5Aexists(handle_.get(), name.c_str()) > 0;
}

int64_t Hdf5Group::ReadInteger(const std::string& attribute) const {
  const std::string place = place_ + ": attribute " + attribute;
  const Hdf5Handle id = CheckedHdf5(H5Aopen(handle_.get(), attribute.c_str(), H5P_DEFAULT), place,
                                    "no such attribute");
  const Hdf5Handle type = CheckedHdf5(H5Aget_type(id.get()), place, "its type cannot be read");
  const Hdf5Handle space = CheckedHdf5(H5Aget_space(id.get()), place, "its shape cannot be read");
  if (H5Tget_class(type.get()) != H5T_INTEGER || H5Sget_simple_extent_npoints(space.get()) != 1) {
    Refuse(place, "it is not one whole number");
  }
  int64_t value = 0;
  CheckHdf5(H5Aread(id.get(), H5T_NATIVE_INT64, &value), place, "it cannot be read");
  return value;
}

std::string Hdf5Group::ReadString(const std::string& attribute) const {
  const std::string place = place_ + ": attribute " + attribute;
  const Hdf5Handle id = CheckedHdf5(H5Aopen(handle_.get(), attribute.c_str(), H5P_DEFAULT), place,
                                    "no such attribute");
  const Hdf5Handle type = CheckedHdf5(H5Aget_type(id.get()), place, "its type cannot be read");
  const Hdf5Handle space = CheckedHdf5(H5Aget_space(id.get()), place, "its shape cannot be read");
  const size_t size = H5Tget_size(type.get());
  if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) != 0 ||
      H5Sget_simple_extent_npoints(space.get()) != 1 || size > kLongestString) {
    Refuse(place, "it is not one string of fixed length");
  }
  std::string value(size, '\0');
  CheckHdf5(H5Aread(id.get(), type.get(), value.data()), place, "it cannot be read");
  value.resize(std::min(value.find('\0'), value.size()));
  return value;
}

Hdf5Group Hdf5Group::Create(const std::string& name) const {
  const std::string place = place_ + ": " + name;
  return {CheckedHdf5(H5Gcreate2(handle_.get(), name.c_str(), H5P_DEFAULT,
                                 writing_->group_layout.get(), H5P_DEFAULT),
                      place, "the group cannot be made"),
          place, writing_};
}

void Hdf5Group::WriteInteger(const std::string& attribute, int64_t value) const {
  const std::string place = place_ + ": attribute " + attribute;
  const Hdf5Handle id = CheckedHdf5(H5Acreate2(handle_.get(), attribute.c_str(), H5T_STD_I64LE,
                                               writing_->scalar.get(), H5P_DEFAULT, H5P_DEFAULT),
                                    place, "it cannot be made");
  CheckHdf5(H5Awrite(id.get(), H5T_NATIVE_INT64, &value), place, "it cannot be written");
}

void Hdf5Group::WriteString(const std::string& attribute, const std::string& value) const {
  const std::string place = place_ + ": attribute " + attribute;
  if (value.size() > kLongestString) Refuse(place, "it is longer than an attribute can be");
  const Hdf5Handle type = CheckedHdf5(H5Tcopy(H5T_C_S1), place, "it cannot be made");
  H5Tset_size(type.get(), value.size() + 1);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  const Hdf5Handle id = CheckedHdf5(H5Acreate2(handle_.get(), attribute.c_str(), type.get(),
                                               writing_->scalar.get(), H5P_DEFAULT, H5P_DEFAULT),
                                    place, "it cannot be made");
  CheckHdf5(H5Awrite(id.get(), type.get(), value.c_str()), place, "it cannot be written");
}

Hdf5Handle Hdf5Group::NewArray(const std::string& name, const EncodedChunk& chunk) const {
  const std::string place = place_ + ": " + name;
  const Writing::Shape& shape = writing_->Of(chunk, place);
  const bool chunked = shape.layout.get() >= 0;
  Hdf5Handle id =
      CheckedHdf5(H5Dcreate2(handle_.get(), name.c_str(), Hdf5TypeOf(chunk.type), shape.space.get(),
                             H5P_DEFAULT, chunked ? shape.layout.get() : H5P_DEFAULT, H5P_DEFAULT),
                  place, "the array cannot be made");
  const std::vector<hsize_t> origin(chunk.shape.size(), 0);
  const herr_t status = chunked
                            ? H5Dwrite_chunk(id.get(), H5P_DEFAULT, /*filters=*/0, origin.data(),
                                             chunk.bytes.size(), chunk.bytes.data())
                            : H5Dwrite(id.get(), Hdf5TypeOf(chunk.type), H5S_ALL, H5S_ALL,
                                       H5P_DEFAULT, chunk.bytes.data());
  CheckHdf5(status, place, "the array cannot be written");
  return id;
}

void Hdf5Group::WriteChunk(const std::string& name, const EncodedChunk& chunk) const {
  NewArray(name, chunk);
}

void Hdf5Group::WriteShared(const std::string& name, const EncodedChunk& chunk) const {
  auto& shared = writing_->shared;
  const Writing::Content content(chunk.type, chunk.shape, chunk.compressed, chunk.bytes);
  const auto found = shared.find(content);
  if (found != shared.end()) {
    CheckHdf5(H5Olink(found->second.get(), handle_.get(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
              place_ + ": " + name, "the array cannot be linked");
    return;
  }
  if (shared.size() == kMostKept) shared.clear();
  shared.emplace(content, NewArray(name, chunk));
}

Hdf5File::Hdf5File(Hdf5Handle handle, Hdf5Group root, bool writing)
    : handle_(std::move(handle)), root_(std::move(root)), writing_(writing) {}

Hdf5File Hdf5File::Open(const std::filesystem::path& path) {
  SilenceHdf5();
  const std::string place = path.string();
  if (!std::filesystem::is_regular_file(path)) {
    throw std::runtime_error("cannot read " + place + ": there is no such file");
  }
  if (H5Fis_hdf5(path.c_str()) <= 0) Refuse(place, "it is not an HDF5 file");
  Hdf5Handle file = CheckedHdf5(H5Fopen(path.c_str(), H5F_ACC_RDONLY, FileAccess(place).get()),
                                place, "it is a damaged or unfinished HDF5 file");
  Hdf5Group root(CheckedHdf5(H5Gopen2(file.get(), "/", H5P_DEFAULT), place, "it has no root"),
                 place, std::make_shared<const PositionedFile>(path));
  return {std::move(file), std::move(root), /*writing=*/false};
}

Hdf5File Hdf5File::Create(const std::filesystem::path& path, std::string name) {
  SilenceHdf5();
  const Hdf5Handle access = FileAccess(name);
  const Hdf5Handle creation =
      CheckedHdf5(H5Pcreate(H5P_FILE_CREATE), name, "cannot describe the file to be made");
  // Readers that list the episodes get them in the order they were written.
  if (!UseWriteDriver(access.get()) ||
      H5Pset_obj_track_times(creation.get(), /*track_times=*/false) < 0 ||
      H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) <
          0) {
    Refuse(name, "cannot describe the file to be made");
  }
  const hid_t id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get());
  if (id < 0) throw std::runtime_error("cannot create " + name + ": " + LastHdf5Error());
  Hdf5Handle file(id);
  Hdf5Group root(CheckedHdf5(H5Gopen2(id, "/", H5P_DEFAULT), name, "it has no root"), name,
                 std::make_shared<Hdf5Group::Writing>(name));
  return {std::move(file), std::move(root), /*writing=*/true};
}

Hdf5File::~Hdf5File() = default;

void Hdf5File::CheckWritten() const {
  const int error = FirstWriteError(handle_.get());
  if (error != 0) {
    throw std::runtime_error("cannot write " + root_.place() + ": " + std::strerror(error));
  }
}

void Hdf5File::Close() {
  root_ = Hdf5Group(Hdf5Handle(), root_.place(), std::shared_ptr<const PositionedFile>());
  if (writing_) {
    if (H5Fflush(handle_.get(), H5F_SCOPE_GLOBAL) < 0) {
      throw std::runtime_error("cannot write " + root_.place() + ": " + LastHdf5Error());
    }
    CheckWritten();
  }
  handle_ = Hdf5Handle();
}

}  // namespace datasets
