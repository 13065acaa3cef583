// OSMesa: Mesa's software renderer drawing into memory of ours.
//
// Declared here, like EGL, so that building needs no header of it.
#include "rl/render/offscreen_backends.h"
#include "rl/render/shared_library.h"

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

constexpr unsigned kRgba = 0x1908;
constexpr unsigned kUnsignedByte = 0x1401;
constexpr unsigned kGlRenderer = 0x1F01;

// A context must have a buffer of its own; MuJoCo draws into another one.
constexpr int kBufferSide = 64;

class OsMesaContext : public GlContext {
 public:
  OsMesaContext() : library_("libOSMesa.so.8"), buffer_(4 * kBufferSide * kBufferSide) {
    Context (*create)(unsigned format, int depth_bits, int stencil_bits, int accumulation_bits,
                      Context shared);
    unsigned char (*make_current)(Context, void* buffer, unsigned type, int width, int height);
    Procedure* (*get_proc_address)(const char*);
    library_.Find("OSMesaCreateContextExt", &create);
    library_.Find("OSMesaMakeCurrent", &make_current);
    library_.Find("OSMesaGetProcAddress", &get_proc_address);
    library_.Find("OSMesaDestroyContext", &destroy_);
    context_ = create(kRgba, 24, 8, 0, nullptr);
    if (context_ == nullptr) throw std::runtime_error("OSMesaCreateContextExt failed");
    if (!make_current(context_, buffer_.data(), kUnsignedByte, kBufferSide, kBufferSide)) {
      destroy_(context_);
      throw std::runtime_error("OSMesaMakeCurrent failed");
    }
    library_.Keep();  // MuJoCo keeps pointers into it
    using GetString = const unsigned char*(unsigned);
    auto* const get_string = reinterpret_cast<GetString*>(get_proc_address("glGetString"));
    description_ = "OSMesa, ";
    description_ += reinterpret_cast<const char*>(get_string(kGlRenderer));
  }
  ~OsMesaContext() override { destroy_(context_); }

 private:
  using Context = void*;
  using Procedure = void();

  SharedLibrary library_;
  std::vector<uint8_t> buffer_;
  Context context_ = nullptr;
  void (*destroy_)(Context) = nullptr;
};

}  // namespace

std::unique_ptr<GlContext> MakeOsMesaContext() { return std::make_unique<OsMesaContext>(); }

}  // namespace rl
