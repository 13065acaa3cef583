#include "models/safetensors.h"

#include "models/safetensors_header.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace models {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

[[noreturn]] void FailIo(const char* verb, const std::filesystem::path& path) {
  throw std::runtime_error(std::string("cannot ") + verb + " " + path.string() + ": " +
                           std::strerror(errno));
}

class FileDescriptor {
 public:
  FileDescriptor(const std::filesystem::path& path, int flags)
      : path_(path), descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) FailIo((flags & O_CREAT) != 0 ? "create" : "open", path);
  }
  ~FileDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  void Write(const void* bytes, size_t size) {
    const char* next = static_cast<const char*>(bytes);
    while (size > 0) {
      const ssize_t written = write(descriptor_, next, size);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) FailIo("write", path_);
      next += written, size -= static_cast<size_t>(written);
    }
  }

  void Read(void* bytes, size_t size) {
    char* next = static_cast<char*>(bytes);
    while (size > 0) {
      const ssize_t count = read(descriptor_, next, size);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) FailIo("read", path_);
      if (count == 0) throw std::runtime_error(path_.string() + " shrank while it was read");
      next += count, size -= static_cast<size_t>(count);
    }
  }

  void Sync() {
    if (fsync(descriptor_) != 0) FailIo("sync", path_);
  }

  // Only here does a full network disk say so.
  void Close() {
    const int descriptor = std::exchange(descriptor_, -1);
    if (close(descriptor) != 0) FailIo("close", path_);
  }

  uint64_t Size() const {
    struct stat status = {};
    if (fstat(descriptor_, &status) != 0) FailIo("stat", path_);
    TORCH_CHECK_VALUE(S_ISREG(status.st_mode), path_.string(), ": is not a regular file");
    return static_cast<uint64_t>(status.st_size);
  }

 private:
  std::filesystem::path path_;
  int descriptor_;
};

void WriteContents(const std::filesystem::path& path, const SafetensorsFile& contents) {
  const SafetensorsHeader header = MakeSafetensorsHeader(contents);
  const std::string text = SerializeSafetensorsHeader(header);
  const uint64_t text_size = text.size();
  FileDescriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  file.Write(&text_size, sizeof(text_size));
  file.Write(text.data(), text.size());
  for (const SafetensorsEntry& entry : header.entries) {
    const at::Tensor tensor = contents.tensors.at(entry.name).detach().cpu().contiguous();
    file.Write(tensor.const_data_ptr(), entry.end - entry.begin);
  }
  file.Sync();
  file.Close();
}

}  // namespace

void WriteSafetensors(const std::filesystem::path& path, const SafetensorsFile& contents) {
  std::filesystem::path partial = path;
  partial += ".partial";
  try {
    WriteContents(partial, contents);
    std::filesystem::rename(partial, path);
  } catch (...) {
    std::error_code ignored;  // the first failure is the one to report
    std::filesystem::remove(partial, ignored);
    throw;
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  FileDescriptor(folder, O_RDONLY | O_DIRECTORY).Sync();  // makes the new name durable
}

SafetensorsFile ReadSafetensors(const std::filesystem::path& path) {
  FileDescriptor file(path, O_RDONLY);
  const uint64_t file_size = file.Size();
  uint64_t text_size = 0;
  TORCH_CHECK_VALUE(file_size >= sizeof(text_size), path.string(),
                    ": is not a safetensors file, it has only ", file_size, " bytes");
  file.Read(&text_size, sizeof(text_size));
  TORCH_CHECK_VALUE(
      text_size <= kMaxSafetensorsHeader && text_size <= file_size - sizeof(text_size),
      path.string(), ": is not a safetensors file, its first 8 bytes announce a ", "header of ",
      text_size, " bytes in a file of ", file_size);
  std::string text(text_size, '\0');
  file.Read(text.data(), text.size());
  const SafetensorsHeader header =
      ParseSafetensorsHeader(text, file_size - sizeof(text_size) - text_size, path.string());

  SafetensorsFile contents = {.tensors = {}, .metadata = header.metadata};
  for (const SafetensorsEntry& entry : header.entries) {  // ascending offsets, no gaps: checked
    at::Tensor tensor = at::empty(entry.shape, entry.dtype);
    file.Read(tensor.mutable_data_ptr(), entry.end - entry.begin);
    contents.tensors.emplace(entry.name, std::move(tensor));
  }
  return contents;
}

}  // namespace models
