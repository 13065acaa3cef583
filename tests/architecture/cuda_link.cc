// Proves that the CUDA and NCCL parts compile and link, on machines that have no GPU.
//
// Building this program is most of the test. Running it asks torch_cuda for its devices, which is 0
// without a GPU, and NCCL for its version, which must be the one that ProcessGroupNCCL was compiled
// against: Options holds an ncclConfig_t by value, so another header would read past its end.
// Where there is a GPU, a group of one rank sums a tensor on it.
#include "ring/runtime/connect.h"

#include <ATen/ops/ones.h>
#include <nccl.h>
#include <torch/csrc/api/include/torch/cuda.h>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <cstdio>

namespace {

bool SumsOnTheGpu() {
  const auto communicator = ring::Connect(c10::make_intrusive<c10d::HashStore>(),
                                          {.wire = ring::Wire::kNccl}, /*trace=*/nullptr);
  at::Tensor ones = at::ones({1000}, at::kCUDA);
  communicator->AllReduce(ones, ring::Reduction::kSum, "ones");
  return ones.sum().item<double>() == 1000;
}

}  // namespace

int main() {
  const auto options = c10d::ProcessGroupNCCL::Options::create(/*is_high_priority_stream=*/false);
  int version = 0;
  if (ncclGetVersion(&version) != ncclSuccess || version != NCCL_VERSION_CODE) {
    std::fprintf(stderr, "NCCL %d is loaded, the header is %d\n", version, NCCL_VERSION_CODE);
    return 1;
  }
  if (options->config.size != sizeof(ncclConfig_t)) {
    std::fprintf(stderr, "ncclConfig_t has %zu bytes here and %zu in the options\n",
                 sizeof(ncclConfig_t), options->config.size);
    return 1;
  }
  if (torch::cuda::device_count() > 0 && !SumsOnTheGpu()) {
    std::fprintf(stderr, "a sum through NCCL is wrong\n");
    return 1;
  }
  std::printf("nccl %d, cuda devices %d\n", version, torch::cuda::device_count());
  return 0;
}
