// What every source that calls the HDF5 C library shares: owners of its identifiers, its errors as
// exceptions, its names for element types.
//
// An hid_t of the library is an int64_t here, so that no header includes the library's.
#ifndef DATASETS_HDF5_HANDLE_H_
#define DATASETS_HDF5_HANDLE_H_

#include "datasets/element_type.h"

#include <cstdint>
#include <string>

namespace datasets {

// Owns one identifier of the library and whatever it stands for.
class Hdf5Handle {
 public:
  Hdf5Handle() = default;
  explicit Hdf5Handle(int64_t id) : id_(id) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept;
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept;
  ~Hdf5Handle();

  int64_t get() const { return id_; }

 private:
  int64_t id_ = -1;
};

// Stops the library from printing its errors. The setting belongs to the calling thread.
void SilenceHdf5();

// Text of the innermost entry of the library's error stack, "" if there is none.
std::string LastHdf5Error();

// The owner of `id`, or std::invalid_argument "<place>: <what> (<the library's reason>)".
Hdf5Handle CheckedHdf5(int64_t id, const std::string& place, const char* what);
// The same for a call that returns a negative status on failure.
void CheckHdf5(int status, const std::string& place, const char* what);

// The library's identifier of a type; it lives as long as the process. A bool is numpy's in h5py's
// convention, an enumeration over int8 of FALSE and TRUE.
int64_t Hdf5TypeOf(ElementType type);

}  // namespace datasets

#endif  // DATASETS_HDF5_HANDLE_H_
