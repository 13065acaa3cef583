# libtorch::cpu, the libraries inside the PyPI wheel of torch.
#
# find_package(Torch) is not used: for a CUDA wheel it demands nvcc even where only host code is
# compiled. The CPU target links torch_cpu and c10 by full path; of the CUDA libraries it needs
# only cudart and cupti, and those at load time, which the wheel's own RPATH finds.
set(TORCH_VERSION 2.13.0)
set(TORCH_ROOT "${RINGRL_DEPS}/torch")
find_path(TORCH_INCLUDE_DIR ATen/ATen.h PATHS "${TORCH_ROOT}/include" NO_DEFAULT_PATH)
if(NOT TORCH_INCLUDE_DIR OR NOT EXISTS "${TORCH_ROOT}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "LibTorch ${TORCH_VERSION} is not under ${TORCH_ROOT}. Run ./ringrl doctor, which fetches it.")
endif()
find_path(GLOO_INCLUDE_DIR gloo/algorithm.h)
if(NOT GLOO_INCLUDE_DIR)
  message(FATAL_ERROR "Gloo's headers are missing: apt-get install libgloo-dev")
endif()

foreach(name c10 torch_cpu)
  add_library(libtorch::${name} SHARED IMPORTED)
  set_target_properties(libtorch::${name} PROPERTIES
    IMPORTED_LOCATION "${TORCH_ROOT}/lib/lib${name}.so" IMPORTED_SONAME "lib${name}.so")
endforeach()

add_library(libtorch_cpu INTERFACE)
add_library(libtorch::cpu ALIAS libtorch_cpu)
target_include_directories(libtorch_cpu SYSTEM INTERFACE
  "${TORCH_INCLUDE_DIR}" "${TORCH_INCLUDE_DIR}/torch/csrc/api/include" "${GLOO_INCLUDE_DIR}")
target_compile_definitions(libtorch_cpu INTERFACE USE_DISTRIBUTED USE_C10D_GLOO)
target_link_libraries(libtorch_cpu INTERFACE libtorch::torch_cpu libtorch::c10)
target_link_options(libtorch_cpu INTERFACE -Wl,--unresolved-symbols=ignore-in-shared-libs)

# For files that call at::parallel_for, which is a template over OpenMP: without the flag it runs
# serially and says nothing. The runtime is the wheel's own, so that a process has one thread pool.
add_library(libtorch::gomp SHARED IMPORTED)
set_target_properties(libtorch::gomp PROPERTIES
  IMPORTED_LOCATION "${TORCH_ROOT}/lib/libgomp.so.1" IMPORTED_SONAME libgomp.so.1)
add_library(libtorch_openmp INTERFACE)
add_library(libtorch::openmp ALIAS libtorch_openmp)
target_compile_options(libtorch_openmp INTERFACE -fopenmp)
target_link_libraries(libtorch_openmp INTERFACE libtorch::gomp)
