#include "datasets/npz.h"

#include "datasets/replacement_file.h"

#include <libdeflate.h>
#include <zip.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace datasets {
namespace {

constexpr std::string_view kSuffix = ".npy";
constexpr uint64_t kLargestMember = uint64_t{1} << 30;
// One deflate symbol yields at most 258 bytes and takes at least two bits: no honest stream
// expands further, so a directory that claims more is refused before memory is taken for it.
constexpr uint64_t kLargestExpansion = 1032;

struct ZipError {
  ZipError() { zip_error_init(&error); }
  explicit ZipError(int code) { zip_error_init_with_code(&error, code); }
  ~ZipError() { zip_error_fini(&error); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  std::string text() { return zip_error_strerror(&error); }
  zip_error_t error;
};

struct ZipDiscard {
  void operator()(zip_t* zip) const { zip_discard(zip); }
};
struct ZipFileClose {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
struct DecompressorFree {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};
using ZipPtr = std::unique_ptr<zip_t, ZipDiscard>;

// A zip_t that reads `bytes`, which must outlive it.
ZipPtr OpenBytes(const std::vector<std::byte>& bytes, const std::string& name) {
  ZipError failure;
  zip_source_t* source =
      zip_source_buffer_create(bytes.data(), bytes.size(), /*freep=*/0, &failure.error);
  if (source == nullptr) throw std::runtime_error(name + ": " + failure.text());
  ZipPtr zip(zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &failure.error));
  if (!zip) {
    zip_source_free(source);
    throw std::invalid_argument(name + ": it is not a complete zip archive (" + failure.text() +
                                "); copy or download it again");
  }
  return zip;
}

}  // namespace

struct ZipArchive::Handle {
  std::vector<std::byte> bytes;  // when the archive lies in memory; `zip` refers to it
  ZipPtr zip;
  std::mutex mutex;  // a zip_t is one file position
  uint64_t total_bytes = 0;
};

struct ZipArchive::RawMember {
  bool deflated = false;
  uint32_t crc = 0;
  size_t size = 0;  // when inflated
  std::vector<std::byte> bytes;
};

ZipArchive ZipArchive::Open(const std::filesystem::path& path) {
  int code = 0;
  auto handle = std::make_unique<Handle>();
  handle->zip.reset(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (!handle->zip) {
    const std::string reason = ZipError(code).text();
    if (code == ZIP_ER_NOENT || code == ZIP_ER_OPEN || code == ZIP_ER_READ) {
      throw std::runtime_error("cannot read " + path.string() + ": " + reason);
    }
    throw std::invalid_argument(path.string() + ": it is not a complete zip archive (" + reason +
                                "); copy or download it again");
  }
  handle->total_bytes = std::filesystem::file_size(path);
  return {std::move(handle), path.string()};
}

ZipArchive ZipArchive::FromBytes(std::vector<std::byte> bytes, std::string name) {
  auto handle = std::make_unique<Handle>();
  handle->bytes = std::move(bytes);
  handle->total_bytes = handle->bytes.size();
  handle->zip = OpenBytes(handle->bytes, name);
  return {std::move(handle), std::move(name)};
}

ZipArchive::ZipArchive(std::unique_ptr<Handle> handle, std::string name)
    : handle_(std::move(handle)), name_(std::move(name)) {
  zip_t* zip = handle_->zip.get();
  const zip_int64_t count = zip_get_num_entries(zip, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    if (zip_stat_index(zip, static_cast<zip_uint64_t>(i), 0, &stat) != 0 ||
        (stat.valid & ZIP_STAT_NAME) == 0) {
      throw std::invalid_argument(name_ + ": entry " + std::to_string(i) +
                                  " of its directory cannot be read");
    }
    members_.push_back({stat.name, stat.size});
  }
}

ZipArchive::ZipArchive(ZipArchive&&) noexcept = default;
ZipArchive& ZipArchive::operator=(ZipArchive&&) noexcept = default;
ZipArchive::~ZipArchive() = default;

ZipArchive::RawMember ZipArchive::ReadRaw(size_t index) const {
  const std::string place = name_ + ": " + members_.at(index).name;
  const std::lock_guard lock(handle_->mutex);
  zip_stat_t stat;
  constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC |
                                   ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(handle_->zip.get(), index, 0, &stat) != 0 ||
      (stat.valid & kNeeded) != kNeeded) {
    throw std::invalid_argument(place + ": its directory entry is incomplete");
  }
  if (stat.encryption_method != ZIP_EM_NONE ||
      (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)) {
    throw std::invalid_argument(place +
                                ": it is encrypted or packed by a method other than "
                                "deflate; repack the archive with zip");
  }
  RawMember raw{stat.comp_method == ZIP_CM_DEFLATE, stat.crc, stat.size, {}};
  const bool expands_too_far =
      raw.deflated ? stat.size / kLargestExpansion > stat.comp_size : stat.size != stat.comp_size;
  if (stat.comp_size > handle_->total_bytes || stat.size > kLargestMember || expands_too_far) {
    throw std::invalid_argument(place + ": its directory entry claims " +
                                std::to_string(stat.size) + " bytes, which cannot be right");
  }
  const std::unique_ptr<zip_file_t, ZipFileClose> file(
      zip_fopen_index(handle_->zip.get(), index, ZIP_FL_COMPRESSED));
  raw.bytes.resize(stat.comp_size);
  if (!file || zip_fread(file.get(), raw.bytes.data(), stat.comp_size) !=
                   static_cast<zip_int64_t>(stat.comp_size)) {
    throw std::invalid_argument(place +
                                ": the archive ends before it does, or is damaged; copy or "
                                "download it again");
  }
  return raw;
}

std::vector<std::byte> ZipArchive::Read(size_t index) const {
  RawMember raw = ReadRaw(index);
  std::vector<std::byte> content;
  bool complete = true;
  if (raw.deflated) {
    content.resize(raw.size);
    const std::unique_ptr<libdeflate_decompressor, DecompressorFree> inflater(
        libdeflate_alloc_decompressor());
    // Without a place for the actual size, anything but exactly content.size() bytes is an error.
    complete = libdeflate_deflate_decompress(inflater.get(), raw.bytes.data(), raw.bytes.size(),
                                             content.data(), content.size(),
                                             nullptr) == LIBDEFLATE_SUCCESS;
  } else {
    content = std::move(raw.bytes);
  }
  if (!complete || libdeflate_crc32(0, content.data(), content.size()) != raw.crc) {
    throw std::invalid_argument(name_ + ": " + members_[index].name +
                                ": its content is damaged (the checksum differs); copy or download "
                                "the archive again");
  }
  return content;
}

NpzArchive::NpzArchive(ZipArchive zip) : zip_(std::move(zip)) {}

NpzArchive NpzArchive::Open(const std::filesystem::path& path) {
  return NpzArchive(ZipArchive::Open(path));
}

NpzArchive NpzArchive::FromBytes(std::vector<std::byte> bytes, std::string name) {
  return NpzArchive(ZipArchive::FromBytes(std::move(bytes), std::move(name)));
}

std::vector<std::string> NpzArchive::keys() const {
  std::vector<std::string> keys;
  for (const ZipArchive::Member& member : zip_.members()) {
    if (member.name.ends_with(kSuffix)) {
      keys.push_back(member.name.substr(0, member.name.size() - kSuffix.size()));
    }
  }
  return keys;
}

bool NpzArchive::Has(std::string_view key) const {
  const std::vector<std::string> known = keys();
  return std::find(known.begin(), known.end(), key) != known.end();
}

NpyArray NpzArchive::Read(std::string_view key) const {
  const std::string wanted = std::string(key) + std::string(kSuffix);
  for (size_t i = 0; i < zip_.members().size(); ++i) {
    if (zip_.members()[i].name == wanted) {
      return ParseNpy(zip_.Read(i), name() + ": " + std::string(key));
    }
  }
  std::string known;
  for (const std::string& other : keys()) known += (known.empty() ? "" : ", ") + other;
  throw std::invalid_argument(name() + ": it has no array '" + std::string(key) +
                              "' (it has: " + (known.empty() ? "none" : known) + ")");
}

NpyArray NpzArchive::Read(std::string_view key, ElementType type, size_t rank) const {
  NpyArray array = Read(key);
  if (array.type != type || array.shape.size() != rank) {
    throw std::invalid_argument(
        name() + ": " + std::string(key) + ": it is " + std::string(NumpyName(array.type)) +
        " of shape " + ShapeText(array.shape) + ", but must be " + std::string(NumpyName(type)) +
        " with " + std::to_string(rank) + " dimension" + (rank == 1 ? "" : "s"));
  }
  return array;
}

NpzWriter::NpzWriter(std::filesystem::path path, Compression compression)
    : path_(std::move(path)), compression_(compression) {}

void NpzWriter::Add(const std::string& key, const NpyArray& array) {
  const std::string name = key + std::string(kSuffix);
  for (const Entry& entry : entries_) {
    if (entry.name == name) throw std::logic_error("the array '" + key + "' was added twice");
  }
  entries_.push_back({name, FormatNpy(array)});
}

void NpzWriter::Finish() {
  if (entries_.empty()) throw std::logic_error("an .npz without arrays was to be written");
  ReplacementFile file(path_);
  int code = 0;
  ZipPtr zip(zip_open(file.temporary().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!zip)
    throw std::runtime_error("cannot write " + path_.string() + ": " + ZipError(code).text());
  const zip_int32_t method = compression_ == Compression::kDeflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE;
  for (const Entry& entry : entries_) {
    zip_source_t* source =
        zip_source_buffer(zip.get(), entry.bytes.data(), entry.bytes.size(), /*freep=*/0);
    const zip_int64_t index =
        source == nullptr ? -1
                          : zip_file_add(zip.get(), entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      throw std::runtime_error("cannot write " + path_.string() + ": " + zip_strerror(zip.get()));
    }
    const auto added = static_cast<zip_uint64_t>(index);
    zip_set_file_compression(zip.get(), added, method, /*flags=*/6);
    // 1980-01-01, the earliest time a zip can hold, as numpy's own members have.
    zip_file_set_dostime(zip.get(), added, /*time=*/0, /*date=*/(1 << 5) | 1, 0);
  }
  if (zip_close(zip.get()) != 0) {
    throw std::runtime_error("cannot write " + path_.string() + ": " + zip_strerror(zip.get()));
  }
  zip.release();
  file.Commit();
}

}  // namespace datasets
