// Zip archives put together byte by byte, because a reader must not be tested by its own writer.
#ifndef TESTS_DATASETS_ZIP_BYTES_H_
#define TESTS_DATASETS_ZIP_BYTES_H_

#include <libdeflate.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tests {

using Bytes = std::vector<std::byte>;

inline Bytes ToBytes(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

// How Python writes a member: before 3.11.4 with its sizes in the local header, since then
// (force_zip64) with 0xffffffff there and the sizes in an extra field.
enum class ZipStyle { kOld, kForceZip64 };

class ZipBytes {
 public:
  explicit ZipBytes(ZipStyle style = ZipStyle::kOld) : style_(style) {}

  // Adds a member, stored or deflated.
  void Add(const std::string& name, const Bytes& content, bool deflate) {
    const Bytes packed = deflate ? Deflated(content) : content;
    const Entry entry{name,
                      libdeflate_crc32(0, content.data(), content.size()),
                      static_cast<uint32_t>(packed.size()),
                      static_cast<uint32_t>(content.size()),
                      deflate,
                      static_cast<uint32_t>(bytes_.size())};
    const bool zip64 = style_ == ZipStyle::kForceZip64;
    Put(0x04034b50, 4);
    PutCommon(entry, zip64);
    Put(entry.name.size(), 2);
    Put(zip64 ? 20 : 0, 2);
    PutText(entry.name);
    if (zip64) {
      Put(1, 2);
      Put(16, 2);
      Put(entry.size, 8);
      Put(entry.packed, 8);
    }
    bytes_.insert(bytes_.end(), packed.begin(), packed.end());
    entries_.push_back(entry);
  }

  // The archive with its directory.
  Bytes Finish() {
    const size_t begin = bytes_.size();
    for (const Entry& entry : entries_) {
      Put(0x02014b50, 4);
      Put(45, 2);
      PutCommon(entry, /*sizes_elsewhere=*/false);
      Put(entry.name.size(), 2);
      Put(0, 2);  // extra
      Put(0, 2);  // comment
      Put(0, 2);  // disk
      Put(0, 2);  // internal attributes
      Put(0, 4);  // external attributes
      Put(entry.offset, 4);
      PutText(entry.name);
    }
    const size_t size = bytes_.size() - begin;
    Put(0x06054b50, 4);
    Put(0, 4);  // disks
    Put(entries_.size(), 2);
    Put(entries_.size(), 2);
    Put(size, 4);
    Put(begin, 4);
    Put(0, 2);
    return bytes_;
  }

 private:
  struct Entry {
    std::string name;
    uint32_t crc, packed, size;
    bool deflate;
    uint32_t offset;
  };

  static Bytes Deflated(const Bytes& content) {
    libdeflate_compressor* deflater = libdeflate_alloc_compressor(6);
    Bytes packed(libdeflate_deflate_compress_bound(deflater, content.size()));
    packed.resize(libdeflate_deflate_compress(deflater, content.data(), content.size(),
                                              packed.data(), packed.size()));
    libdeflate_free_compressor(deflater);
    return packed;
  }

  // The fields that both kinds of header share, version to sizes.
  void PutCommon(const Entry& entry, bool sizes_elsewhere) {
    Put(style_ == ZipStyle::kForceZip64 ? 45 : 20, 2);
    Put(0, 2);  // flags
    Put(entry.deflate ? 8 : 0, 2);
    Put(0, 2);   // time
    Put(33, 2);  // date: 1980-01-01
    Put(entry.crc, 4);
    Put(sizes_elsewhere ? 0xffffffff : entry.packed, 4);
    Put(sizes_elsewhere ? 0xffffffff : entry.size, 4);
  }

  void Put(uint64_t value, int count) {
    for (int i = 0; i < count; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
  }

  void PutText(const std::string& text) {
    const Bytes raw = ToBytes(text);
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
  }

  ZipStyle style_;
  Bytes bytes_;
  std::vector<Entry> entries_;
};

}  // namespace tests

#endif  // TESTS_DATASETS_ZIP_BYTES_H_
