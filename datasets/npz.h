// Zip archives, and .npz, which is a zip of .npy files.
//
// libzip reads the directory (old and zip64 archives alike) and hands out raw members; inflating
// is libdeflate's, two to three times faster, with the size and the CRC of the directory checked.
// An archive may lie inside another: the ExoRL downloads are zips of .npz files, read here without
// unpacking anything to disk.
#ifndef DATASETS_NPZ_H_
#define DATASETS_NPZ_H_

#include "datasets/npy.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace datasets {

// An open zip archive. Members may be read from several threads: only the copying of raw bytes
// is serialised, inflating is not. Every failure is a std::invalid_argument whose sentence opens
// with the archive's and the member's name; a file that cannot be read is a std::runtime_error.
class ZipArchive {
 public:
  struct Member {
    std::string name;
    uint64_t size = 0;  // bytes when inflated
  };

  static ZipArchive Open(const std::filesystem::path& path);
  // `name` stands for the archive in messages, e.g. "proto.zip: buffer/episode_000000_1000.npz".
  static ZipArchive FromBytes(std::vector<std::byte> bytes, std::string name);

  ZipArchive(ZipArchive&&) noexcept;
  ZipArchive& operator=(ZipArchive&&) noexcept;
  ~ZipArchive();

  const std::string& name() const { return name_; }
  const std::vector<Member>& members() const { return members_; }

  // The whole content of member `index`, its CRC checked. Members over 1 GiB are refused.
  std::vector<std::byte> Read(size_t index) const;

 private:
  struct Handle;
  struct RawMember;
  ZipArchive(std::unique_ptr<Handle> handle, std::string name);
  RawMember ReadRaw(size_t index) const;

  std::unique_ptr<Handle> handle_;
  std::string name_;
  std::vector<Member> members_;
};

// The arrays of an .npz, by key (the member's name without ".npy").
class NpzArchive {
 public:
  static NpzArchive Open(const std::filesystem::path& path);
  static NpzArchive FromBytes(std::vector<std::byte> bytes, std::string name);

  const std::string& name() const { return zip_.name(); }
  std::vector<std::string> keys() const;  // in the archive's order
  bool Has(std::string_view key) const;

  // Throws std::invalid_argument when there is no such key; the sentence lists those there are.
  NpyArray Read(std::string_view key) const;

  // Read, and require the element type and number of dimensions.
  NpyArray Read(std::string_view key, ElementType type, size_t rank) const;

 private:
  explicit NpzArchive(ZipArchive zip);
  ZipArchive zip_;
};

// Writes an .npz that numpy.load reads. Arrays are kept in memory until Finish, which writes a
// temporary file beside `path` and renames it; without Finish nothing is left on disk. Equal
// arrays give equal bytes: members carry no time of day.
class NpzWriter {
 public:
  enum class Compression { kStored, kDeflated };  // np.savez, np.savez_compressed

  explicit NpzWriter(std::filesystem::path path, Compression = Compression::kDeflated);

  // REQUIRES: `key` is new.
  void Add(const std::string& key, const NpyArray& array);
  void Finish();

 private:
  struct Entry {
    std::string name;
    std::vector<std::byte> bytes;
  };
  std::filesystem::path path_;
  Compression compression_;
  std::vector<Entry> entries_;
};

}  // namespace datasets

#endif  // DATASETS_NPZ_H_
