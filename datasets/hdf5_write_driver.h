// How HDF5 reaches the file it is writing: a driver that survives a full disk.
//
// After a failed write the C library can neither flush nor close the file, keeps it open, and
// crashes when the process ends. This driver therefore never reports a failed write: it notes the
// first one and drops that and every later write, so that the library stays consistent and closes
// the file, which by then is known to be worthless. The owner asks for the note.
#ifndef DATASETS_HDF5_WRITE_DRIVER_H_
#define DATASETS_HDF5_WRITE_DRIVER_H_

#include <cstdint>

namespace datasets {

// Makes a file access property list (an hid_t) use the driver. False if the library refuses.
bool UseWriteDriver(int64_t file_access);

// The errno of the first write to `file` (an hid_t opened with the driver) that failed, or 0.
int FirstWriteError(int64_t file);

}  // namespace datasets

#endif  // DATASETS_HDF5_WRITE_DRIVER_H_
