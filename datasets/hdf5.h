// Files, groups, datasets and attributes of HDF5, with owners and with errors that are sentences.
//
// The C library's own header is included by hdf5*.cc alone. Every failure of the library is
// an exception whose sentence opens with the file and the place within it; the library's own stack
// of error messages is never printed.
#ifndef DATASETS_HDF5_H_
#define DATASETS_HDF5_H_

#include "datasets/chunk_codec.h"
#include "datasets/hdf5_dataset.h"
#include "datasets/hdf5_handle.h"
#include "datasets/positioned_file.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace datasets {

// A group of a file. Names may be paths: "infos/physics".
class Hdf5Group {
 public:
  const std::string& place() const { return place_; }

  bool Has(const std::string& name) const;
  std::vector<std::string> names() const;  // of what the group holds, sorted
  Hdf5Group Open(const std::string& name) const;
  Hdf5Dataset OpenDataset(const std::string& name) const;
  bool IsGroup(const std::string& name) const;

  bool HasAttribute(const std::string& name) const;
  int64_t ReadInteger(const std::string& attribute) const;
  std::string ReadString(const std::string& attribute) const;

  Hdf5Group Create(const std::string& name) const;
  void WriteInteger(const std::string& attribute, int64_t value) const;
  void WriteString(const std::string& attribute, const std::string& value) const;
  // A new array of one chunk, whose encoded bytes go to the file as they are.
  void WriteChunk(const std::string& name, const EncodedChunk& chunk) const;
  // The same for an array of a content that recurs: where an equal one was written by this call
  // before, `name` becomes one more hard link to it.
  void WriteShared(const std::string& name, const EncodedChunk& chunk) const;

 private:
  friend class Hdf5File;
  // What the library was told before and need not be told again: episodes repeat a handful of
  // shapes.
  struct Writing;
  Hdf5Group(Hdf5Handle handle, std::string place, std::shared_ptr<const PositionedFile> file);
  Hdf5Group(Hdf5Handle handle, std::string place, std::shared_ptr<Writing> writing);
  Hdf5Handle NewArray(const std::string& name, const EncodedChunk& chunk) const;

  Hdf5Handle handle_;
  std::string place_;
  std::shared_ptr<const PositionedFile> file_;  // in a file being read
  std::shared_ptr<Writing> writing_;            // shared by all groups of a file being written
};

class Hdf5File {
 public:
  static Hdf5File Open(const std::filesystem::path& path);
  // Writes over whatever is at `path`. `name` stands for it in messages.
  static Hdf5File Create(const std::filesystem::path& path, std::string name);

  Hdf5File(Hdf5File&&) noexcept = default;
  ~Hdf5File();

  const Hdf5Group& root() const { return root_; }

  // Throws std::runtime_error when something written so far did not reach the disk: a full disk is
  // noticed here, not by the call that filled it (see hdf5_write_driver.h).
  // REQUIRES: the file was made by Create.
  void CheckWritten() const;

  // Writes everything out and closes; no other member may be called after. Destroying the object
  // without it abandons a file that was being written.
  void Close();

 private:
  Hdf5File(Hdf5Handle handle, Hdf5Group root, bool writing);

  Hdf5Handle handle_;
  Hdf5Group root_;
  bool writing_;
};

}  // namespace datasets

#endif  // DATASETS_HDF5_H_
