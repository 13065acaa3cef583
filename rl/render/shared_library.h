// A shared library that is loaded at run time, when it is there.
#ifndef RL_RENDER_SHARED_LIBRARY_H_
#define RL_RENDER_SHARED_LIBRARY_H_

#include <string>

namespace rl {

class SharedLibrary {
 public:
  // `name` as the loader looks it up, "libEGL.so.1". Throws std::runtime_error with its reason.
  explicit SharedLibrary(std::string name);
  ~SharedLibrary();  // unloads it, unless kept
  SharedLibrary(const SharedLibrary&) = delete;
  SharedLibrary& operator=(const SharedLibrary&) = delete;

  // Fills a pointer to a function of the library: Find("eglInitialize", &initialize). Throws
  // std::runtime_error when there is none of that name.
  template <class Function>
  void Find(const char* symbol, Function** function) const {
    *function = reinterpret_cast<Function*>(Address(symbol));
  }

  // Leaves it in the process for good: somebody holds on to its functions.
  void Keep();

 private:
  void* Address(const char* symbol) const;

  std::string name_;
  void* handle_ = nullptr;
};

}  // namespace rl

#endif  // RL_RENDER_SHARED_LIBRARY_H_
