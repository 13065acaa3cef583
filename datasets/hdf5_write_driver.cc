#include "datasets/hdf5_write_driver.h"

#include <hdf5.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

namespace datasets {
namespace {

static_assert(H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 10, "H5FD_class_t changed after HDF5 1.10");

// The library sees the first member, a C struct, and hands back pointers to it.
struct DriverFile {
  H5FD_t library{};
  int fd = -1;
  haddr_t allocated = 0;   // end of the space the library has given out
  haddr_t end = 0;         // of what was written
  haddr_t on_its_way = 0;  // everything before this was handed to the disk
  int first_error = 0;
};

DriverFile* Of(H5FD_t* file) { return reinterpret_cast<DriverFile*>(file); }
const DriverFile* Of(const H5FD_t* file) { return reinterpret_cast<const DriverFile*>(file); }

// Disk and processor work at the same time only if somebody starts the disk: without this all of a
// file would wait in memory for the final fsync.
constexpr haddr_t kWritebackBytes = haddr_t{8} << 20;

void StartWriteback(DriverFile* file) {
  if (file->end - file->on_its_way < kWritebackBytes) return;
  // A hint; where it is not supported nothing is lost.
  sync_file_range(file->fd, static_cast<off_t>(file->on_its_way),
                  static_cast<off_t>(file->end - file->on_its_way), SYNC_FILE_RANGE_WRITE);
  file->on_its_way = file->end;
}

H5FD_t* Open(const char* name, unsigned flags, hid_t /*access*/, haddr_t /*max*/) {
  auto file = std::make_unique<DriverFile>();
  const int mode = O_RDWR | O_CREAT | O_CLOEXEC | ((flags & H5F_ACC_TRUNC) != 0 ? O_TRUNC : 0);
  file->fd = open(name, mode, 0666);
  if (file->fd < 0) return nullptr;
  const off_t end = lseek(file->fd, 0, SEEK_END);
  file->end = end < 0 ? 0 : static_cast<haddr_t>(end);
  return &file.release()->library;
}

herr_t Close(H5FD_t* library) {
  const std::unique_ptr<DriverFile> file(Of(library));
  close(file->fd);
  return 0;
}

int Compare(const H5FD_t* a, const H5FD_t* b) { return Of(a)->fd - Of(b)->fd; }

herr_t Query(const H5FD_t* /*file*/, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t Allocated(const H5FD_t* file, H5FD_mem_t /*type*/) { return Of(file)->allocated; }

herr_t SetAllocated(H5FD_t* file, H5FD_mem_t /*type*/, haddr_t end) {
  Of(file)->allocated = end;
  return 0;
}

haddr_t End(const H5FD_t* file, H5FD_mem_t /*type*/) { return Of(file)->end; }

herr_t GetHandle(H5FD_t* file, hid_t /*access*/, void** handle) {
  *handle = Of(file);
  return 0;
}

herr_t Read(H5FD_t* library, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t address, size_t size,
            void* buffer) {
  auto* out = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t got = pread(Of(library)->fd, out, size, static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) {  // space given out but not written yet reads as zeros
      std::memset(out, 0, size);
      return 0;
    }
    out += got;
    address += static_cast<haddr_t>(got);
    size -= static_cast<size_t>(got);
  }
  return 0;
}

herr_t Write(H5FD_t* library, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t address, size_t size,
             const void* buffer) {
  DriverFile* file = Of(library);
  const auto* in = static_cast<const char*>(buffer);
  while (size > 0 && file->first_error == 0) {
    const ssize_t put = pwrite(file->fd, in, size, static_cast<off_t>(address));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      file->first_error = errno;
      break;
    }
    in += put;
    address += static_cast<haddr_t>(put);
    size -= static_cast<size_t>(put);
  }
  if (address + size > file->end) file->end = address + size;
  StartWriteback(file);
  return 0;
}

herr_t Truncate(H5FD_t* library, hid_t /*transfer*/, hbool_t /*closing*/) {
  DriverFile* file = Of(library);
  if (file->end == file->allocated) return 0;
  if (file->first_error == 0 && ftruncate(file->fd, static_cast<off_t>(file->allocated)) != 0) {
    file->first_error = errno;
  }
  file->end = file->allocated;
  return 0;
}

H5FD_class_t MakeClass() {
  H5FD_class_t driver{};
  driver.name = "ringrl_write";
  driver.maxaddr = static_cast<haddr_t>(INT64_MAX);
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.open = Open;
  driver.close = Close;
  driver.cmp = Compare;
  driver.query = Query;
  driver.get_eoa = Allocated;
  driver.set_eoa = SetAllocated;
  driver.get_eof = End;
  driver.get_handle = GetHandle;
  driver.read = Read;
  driver.write = Write;
  driver.truncate = Truncate;
  constexpr H5FD_mem_t kFreeLists[] = H5FD_FLMAP_DICHOTOMY;
  std::memcpy(driver.fl_map, kFreeLists, sizeof(kFreeLists));
  return driver;
}

}  // namespace

bool UseWriteDriver(int64_t file_access) {
  static const H5FD_class_t driver = MakeClass();
  static const hid_t id = H5FDregister(&driver);  // the library frees it when the process ends
  return id >= 0 && H5Pset_driver(file_access, id, nullptr) >= 0;
}

int FirstWriteError(int64_t file) {
  void* handle = nullptr;
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0) return EIO;
  return static_cast<DriverFile*>(handle)->first_error;
}

}  // namespace datasets
