# nccl::nccl and libtorch::cuda, from the wheels. Included with RINGRL_CUDA.
#
# Nothing here needs a GPU, a driver or nvcc: host code compiles against the headers of the
# nvidia-cuda-runtime and nvidia-nccl-cu13 wheels and links the libraries beside them. NCCL is exactly
# the version torch was built with, because ProcessGroupNCCL::Options holds an ncclConfig_t by value
# and the struct grows between versions.
include(HeaderVersion)

set(NCCL_VERSION_CODE 22907)  # 2.29.7

set(NCCL_ROOT "${RINGRL_DEPS}/nvidia/nccl")
set(CUDA_WHEEL_ROOT "${RINGRL_DEPS}/nvidia/cu13")
foreach(needed "${NCCL_ROOT}/include/nccl.h" "${NCCL_ROOT}/lib/libnccl.so.2"
               "${CUDA_WHEEL_ROOT}/include/cuda_runtime_api.h" "${TORCH_ROOT}/lib/libtorch_cuda.so")
  if(NOT EXISTS "${needed}")
    message(FATAL_ERROR "${needed} is missing. Run ./ringrl build cuda, which fetches it.")
  endif()
endforeach()
require_header_version(NCCL "${NCCL_ROOT}/include/nccl.h" NCCL_VERSION_CODE ${NCCL_VERSION_CODE})

add_library(nccl::nccl SHARED IMPORTED)
set_target_properties(nccl::nccl PROPERTIES
  IMPORTED_LOCATION "${NCCL_ROOT}/lib/libnccl.so.2"
  IMPORTED_SONAME libnccl.so.2
  INTERFACE_INCLUDE_DIRECTORIES "${NCCL_ROOT}/include;${CUDA_WHEEL_ROOT}/include")

add_library(nvidia::cudart SHARED IMPORTED)
set_target_properties(nvidia::cudart PROPERTIES
  IMPORTED_LOCATION "${CUDA_WHEEL_ROOT}/lib/libcudart.so.13"
  IMPORTED_SONAME libcudart.so.13
  INTERFACE_INCLUDE_DIRECTORIES "${CUDA_WHEEL_ROOT}/include")

foreach(name c10_cuda torch_cuda)
  add_library(libtorch::${name} SHARED IMPORTED)
  set_target_properties(libtorch::${name} PROPERTIES
    IMPORTED_LOCATION "${TORCH_ROOT}/lib/lib${name}.so" IMPORTED_SONAME "lib${name}.so")
endforeach()

# torch_cuda registers its kernels and its process group from static constructors, so it must be loaded
# even where no symbol of it is named.
add_library(libtorch_cuda INTERFACE)
add_library(libtorch::cuda ALIAS libtorch_cuda)
target_compile_definitions(libtorch_cuda INTERFACE USE_C10D_NCCL)
target_link_libraries(libtorch_cuda INTERFACE
  libtorch::cpu -Wl,--push-state,--no-as-needed libtorch::torch_cuda libtorch::c10_cuda -Wl,--pop-state
  nccl::nccl nvidia::cudart)
