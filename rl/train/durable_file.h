// Files that survive a crash: written beside their final name, synced, then renamed.
#ifndef RL_TRAIN_DURABLE_FILE_H_
#define RL_TRAIN_DURABLE_FILE_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace rl {

// Owns a POSIX file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() { Close(); }
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;

  int get() const { return descriptor_; }

 private:
  void Close();

  int descriptor_ = -1;
};

// All of these throw std::runtime_error naming the file and the system's reason.

// Waits until the file, or the folder's list of names, is on the disk.
void SyncPath(const std::filesystem::path& path);

// Replaces `path` by a file of these bytes, whole or not at all.
void WriteFileDurably(const std::filesystem::path& path, std::string_view bytes);

// Points the symbolic link `link` to `target`, replacing it in one step.
void ReplaceSymlink(const std::filesystem::path& link, const std::filesystem::path& target);

}  // namespace rl

#endif  // RL_TRAIN_DURABLE_FILE_H_
