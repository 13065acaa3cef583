#include "datasets/hdf5_handle.h"

#include <hdf5.h>

#include <stdexcept>
#include <utility>

namespace datasets {
namespace {

// h5py's convention for numpy's bool.
hid_t BoolType() {
  static const hid_t type = [] {
    const hid_t id = H5Tenum_create(H5T_NATIVE_INT8);
    for (const auto& [name, value] : {std::pair<const char*, int8_t>{"FALSE", 0}, {"TRUE", 1}}) {
      H5Tenum_insert(id, name, &value);
    }
    return id;
  }();
  return type;
}

}  // namespace

Hdf5Handle::Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}

Hdf5Handle& Hdf5Handle::operator=(Hdf5Handle&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}

Hdf5Handle::~Hdf5Handle() {
  if (id_ >= 0) H5Idec_ref(id_);  // closes whatever kind of thing it is
}

void SilenceHdf5() {
  thread_local const bool silent = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  (void)silent;
}

std::string LastHdf5Error() {
  std::string text;
  const auto take = [](unsigned /*depth*/, const H5E_error2_t* error, void* out) -> herr_t {
    auto* description = static_cast<std::string*>(out);
    if (description->empty() && error->desc != nullptr) *description = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take, &text);
  return text;
}

Hdf5Handle CheckedHdf5(int64_t id, const std::string& place, const char* what) {
  if (id < 0) throw std::invalid_argument(place + ": " + what + " (" + LastHdf5Error() + ")");
  return Hdf5Handle(id);
}

void CheckHdf5(int status, const std::string& place, const char* what) {
  if (status < 0) throw std::invalid_argument(place + ": " + what + " (" + LastHdf5Error() + ")");
}

int64_t Hdf5TypeOf(ElementType type) {
  switch (type) {
    case ElementType::kBool:
      return BoolType();
    case ElementType::kInt8:
      return H5T_STD_I8LE;
    case ElementType::kUint8:
      return H5T_STD_U8LE;
    case ElementType::kInt16:
      return H5T_STD_I16LE;
    case ElementType::kUint16:
      return H5T_STD_U16LE;
    case ElementType::kInt32:
      return H5T_STD_I32LE;
    case ElementType::kUint32:
      return H5T_STD_U32LE;
    case ElementType::kInt64:
      return H5T_STD_I64LE;
    case ElementType::kUint64:
      return H5T_STD_U64LE;
    case ElementType::kFloat32:
      return H5T_IEEE_F32LE;
    case ElementType::kFloat64:
      return H5T_IEEE_F64LE;
  }
  throw std::logic_error("an ElementType outside the list");
}

}  // namespace datasets
