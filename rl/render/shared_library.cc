#include "rl/render/shared_library.h"

#include <stdexcept>
#include <utility>

#include <dlfcn.h>

namespace rl {

SharedLibrary::SharedLibrary(std::string name)
    : name_(std::move(name)), handle_(dlopen(name_.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
  if (handle_ == nullptr) throw std::runtime_error(dlerror());
}

SharedLibrary::~SharedLibrary() { dlclose(handle_); }

void* SharedLibrary::Address(const char* symbol) const {
  void* const address = dlsym(handle_, symbol);
  if (address == nullptr) throw std::runtime_error(name_ + " has no function " + symbol);
  return address;
}

void SharedLibrary::Keep() {
  void* const again = dlopen(name_.c_str(), RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  if (again != nullptr) dlclose(again);
}

}  // namespace rl
