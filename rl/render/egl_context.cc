// EGL without a window: a device's display first (a GPU, or Mesa's software device), then Mesa's
// surfaceless display.
//
// What is needed of EGL's interface is declared here. Its numbers and signatures are fixed for good
// by the Khronos registry, and its header would bring X11's to every machine that builds this.
#include "rl/render/offscreen_backends.h"
#include "rl/render/shared_library.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rl {
namespace {

using Display = void*;
using Config = void*;
using Context = void*;
using Device = void*;
using Boolean = unsigned int;

constexpr int32_t kNone = 0x3038;
constexpr int32_t kRedSize = 0x3024, kGreenSize = 0x3023, kBlueSize = 0x3022, kAlphaSize = 0x3021;
constexpr int32_t kDepthSize = 0x3025, kStencilSize = 0x3026;
constexpr int32_t kSurfaceType = 0x3033, kPbufferBit = 0x0001;
constexpr int32_t kRenderableType = 0x3040, kOpenGlBit = 0x0008;
constexpr unsigned kOpenGlApi = 0x30A2;
constexpr unsigned kPlatformDevice = 0x313F, kPlatformSurfaceless = 0x31DD;
constexpr unsigned kGlRenderer = 0x1F01;  // glGetString's

struct EglFunctions {
  explicit EglFunctions(const SharedLibrary& library) {
    library.Find("eglGetProcAddress", &get_proc_address);
    library.Find("eglGetError", &get_error);
    library.Find("eglInitialize", &initialize);
    library.Find("eglTerminate", &terminate);
    library.Find("eglBindAPI", &bind_api);
    library.Find("eglChooseConfig", &choose_config);
    library.Find("eglCreateContext", &create_context);
    library.Find("eglDestroyContext", &destroy_context);
    library.Find("eglMakeCurrent", &make_current);
    // Extensions; null where the library lacks them.
    query_devices = reinterpret_cast<QueryDevices*>(get_proc_address("eglQueryDevicesEXT"));
    get_platform_display =
        reinterpret_cast<GetPlatformDisplay*>(get_proc_address("eglGetPlatformDisplayEXT"));
  }

  using Procedure = void();
  using QueryDevices = Boolean(int32_t capacity, Device* devices, int32_t* count);
  using GetPlatformDisplay = Display(unsigned platform, void* native, const int32_t* attributes);

  Procedure* (*get_proc_address)(const char*);
  int32_t (*get_error)();
  Boolean (*initialize)(Display, int32_t* major, int32_t* minor);
  Boolean (*terminate)(Display);
  Boolean (*bind_api)(unsigned);
  Boolean (*choose_config)(Display, const int32_t* wanted, Config*, int32_t capacity,
                           int32_t* count);
  Context (*create_context)(Display, Config, Context shared, const int32_t* attributes);
  Boolean (*destroy_context)(Display, Context);
  Boolean (*make_current)(Display, void* draw, void* read, Context);
  QueryDevices* query_devices;
  GetPlatformDisplay* get_platform_display;
};

[[noreturn]] void Fail(const EglFunctions& egl, const std::string& function) {
  char code[16];
  std::snprintf(code, sizeof(code), "0x%x", static_cast<unsigned>(egl.get_error()));
  throw std::runtime_error(function + " failed with error " + code);
}

class EglContext : public GlContext {
 public:
  EglContext() : library_("libEGL.so.1"), egl_(library_) {
    if (egl_.get_platform_display == nullptr) {
      throw std::runtime_error("this EGL has no displays without a window");
    }
    std::string reasons;
    for (const auto& [platform, native] : Candidates()) {
      try {
        Start(platform, native);
        library_.Keep();  // MuJoCo keeps pointers into it
        return;
      } catch (const std::runtime_error& error) {
        Stop();
        reasons += (reasons.empty() ? "" : ", ") + std::string(error.what());
      }
    }
    throw std::runtime_error(reasons);
  }
  ~EglContext() override { Stop(); }

 private:
  // Displays to try, as a platform and what it calls native.
  std::vector<std::pair<unsigned, void*>> Candidates() const {
    std::array<Device, 16> devices;
    int32_t count = 0;
    if (egl_.query_devices == nullptr ||
        !egl_.query_devices(static_cast<int32_t>(devices.size()), devices.data(), &count)) {
      count = 0;
    }
    std::vector<std::pair<unsigned, void*>> candidates;
    for (int32_t i = 0; i < count; ++i) {
      candidates.emplace_back(kPlatformDevice, devices[static_cast<size_t>(i)]);
    }
    candidates.emplace_back(kPlatformSurfaceless, nullptr);
    return candidates;
  }

  void Start(unsigned platform, void* native) {
    display_ = egl_.get_platform_display(platform, native, nullptr);
    if (display_ == nullptr) Fail(egl_, "eglGetPlatformDisplayEXT");
    if (!egl_.initialize(display_, nullptr, nullptr)) Fail(egl_, "eglInitialize");
    constexpr std::array wanted = {kRenderableType,
                                   kOpenGlBit,
                                   kSurfaceType,
                                   kPbufferBit,  //
                                   kRedSize,
                                   8,
                                   kGreenSize,
                                   8,  //
                                   kBlueSize,
                                   8,
                                   kAlphaSize,
                                   8,  //
                                   kDepthSize,
                                   24,
                                   kStencilSize,
                                   8,  //
                                   kNone};
    Config config = nullptr;
    int32_t count = 0;
    if (!egl_.choose_config(display_, wanted.data(), &config, 1, &count) || count == 0) {
      Fail(egl_, "eglChooseConfig");
    }
    if (!egl_.bind_api(kOpenGlApi)) Fail(egl_, "eglBindAPI");
    context_ = egl_.create_context(display_, config, nullptr, nullptr);
    if (context_ == nullptr) Fail(egl_, "eglCreateContext");
    if (!egl_.make_current(display_, nullptr, nullptr, context_)) Fail(egl_, "eglMakeCurrent");
    description_ = "EGL, " + RendererName();
  }

  std::string RendererName() const {
    using GetString = const unsigned char*(unsigned);
    auto* const get_string = reinterpret_cast<GetString*>(egl_.get_proc_address("glGetString"));
    const unsigned char* name = get_string == nullptr ? nullptr : get_string(kGlRenderer);
    if (name == nullptr) throw std::runtime_error("glGetString failed");
    return reinterpret_cast<const char*>(name);
  }

  void Stop() {
    if (context_ != nullptr) {
      egl_.make_current(display_, nullptr, nullptr, nullptr);
      egl_.destroy_context(display_, context_);
      context_ = nullptr;
    }
    if (display_ != nullptr) egl_.terminate(display_);
    display_ = nullptr;
  }

  SharedLibrary library_;
  EglFunctions egl_;
  Display display_ = nullptr;
  Context context_ = nullptr;
};

}  // namespace

std::unique_ptr<GlContext> MakeEglContext() { return std::make_unique<EglContext>(); }

}  // namespace rl
