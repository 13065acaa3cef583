#include "ring/runtime/world.h"

#include <c10/util/Exception.h>

#include <charconv>
#include <cstring>
#include <initializer_list>
#include <optional>

namespace ring {
namespace {

using Get = std::function<const char*(const char*)>;

// The first of `names` that is set, as a whole number of at least `least`.
std::optional<int> ReadNumber(const Get& get, std::initializer_list<const char*> names, int least) {
  for (const char* const name : names) {
    const char* const text = get(name);
    if (text == nullptr || *text == '\0') continue;
    int number = 0;
    const char* const end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, number);
    // Slurm writes "4(x2)" for four on each of two nodes.
    const bool is_number = error == std::errc() && (stop == end || *stop == '(');
    TORCH_CHECK_VALUE(is_number && number >= least, "the environment's ", name, " is '", text,
                      "'; it must be a whole number of at least ", least);
    return number;
  }
  return std::nullopt;
}

void ReadSettings(const Get& get, WorldOptions& options) {
  if (const char* const transport = get("RINGRL_TRANSPORT")) {
    options.transport = ParseTransport(transport);
  }
  if (const auto seconds = ReadNumber(get, {"RINGRL_TIMEOUT"}, 1)) {
    options.timeout = std::chrono::seconds(*seconds);
  }
}

}  // namespace

Transport ParseTransport(std::string_view name) {
  if (name == "auto") return Transport::kAuto;
  if (name == "gloo") return Transport::kGloo;
  if (name == "shm") return Transport::kSharedMemory;
  if (name == "nccl") return Transport::kNccl;
  TORCH_CHECK_VALUE(false, "unknown transport '", name, "': auto, gloo, shm or nccl");
}

WorldOptions WorldFromEnvironment(const Get& get) {
  WorldOptions options;
  ReadSettings(get, options);
  const auto rank = ReadNumber(get, {"RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID"}, 0);
  const auto size =
      ReadNumber(get, {"WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"}, 1);
  // A batch script of Slurm's is numbered too, but in no world.
  if (!size && get("RANK") == nullptr) return options;
  TORCH_CHECK_VALUE(size, "the environment has RANK but no WORLD_SIZE; set both or neither");
  TORCH_CHECK_VALUE(rank, "the environment has WORLD_SIZE but no RANK; set both or neither");
  TORCH_CHECK_VALUE(*rank < *size, "the environment's RANK is ", *rank, ", but there are only ",
                    *size, " ranks (WORLD_SIZE)");
  options.rank = *rank;
  options.size = *size;
  options.local_rank =
      ReadNumber(get, {"LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID"}, 0)
          .value_or(*rank);
  options.local_size =
      ReadNumber(get,
                 {"LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "SLURM_STEP_TASKS_PER_NODE"}, 1)
          .value_or(*size);
  const char* const address = get("MASTER_ADDR");
  TORCH_CHECK_VALUE(address != nullptr || options.local_size == options.size,
                    "the ranks are on several hosts: set MASTER_ADDR to the address of rank 0's");
  if (address != nullptr) options.master_address = address;
  if (const auto port = ReadNumber(get, {"MASTER_PORT"}, 1)) options.master_port = *port;
  TORCH_CHECK_VALUE(options.master_port < 65536, "the environment's MASTER_PORT is ",
                    options.master_port, "; ports end at 65535");
  return options;
}

}  // namespace ring
