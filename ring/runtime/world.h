// All processes of a run: who this one is, and the group they talk in.
//
// Started by `ringrl launch`, torchrun, mpirun or srun, a process finds its place in environment
// variables (torchrun's names: RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR,
// MASTER_PORT; Open MPI's and Slurm's where those are missing). Started by hand it is a world of
// one. RINGRL_TRANSPORT and RINGRL_TIMEOUT (seconds) set the options of these names.
#ifndef RING_RUNTIME_WORLD_H_
#define RING_RUNTIME_WORLD_H_

#include "ring/runtime/communicator.h"
#include "ring/runtime/ring.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ring {

enum class Transport { kAuto, kGloo, kSharedMemory, kNccl };

// "auto", "gloo", "shm", "nccl"; throws c10::ValueError otherwise.
Transport ParseTransport(std::string_view name);

struct WorldOptions {
  int rank = 0;
  int size = 1;
  int local_rank = 0;
  int local_size = 1;
  std::string master_address = "127.0.0.1";
  int master_port = 29500;

  // kAuto: shared memory when all ranks see each other's processes on one host, else Gloo.
  Transport transport = Transport::kAuto;

  // How long a rank waits for a peer that is alive but silent.
  std::chrono::milliseconds timeout = std::chrono::seconds(60);

  // Messages one rank may have in flight or in use by peers at a time.
  int max_messages = 8;

  // Whether the communicator's trace keeps every event, or only sums.
  bool trace = false;
};

// Reads the environment through `get` (std::getenv where a program starts). Throws c10::ValueError
// naming the variable that is missing, no number or out of range.
WorldOptions WorldFromEnvironment(const std::function<const char*(const char*)>& get);

class World {
 public:
  // Meets the other ranks. Throws CommunicationError when not all of `size` come within the
  // time-out (naming who is missing) or the port is in use. Size 1 meets nobody.
  explicit World(const WorldOptions& options);
  ~World();

  int rank() const { return options_.rank; }
  int size() const { return options_.size; }
  const WorldOptions& options() const { return options_; }

  // The ring of all ranks. Throws c10::ValueError unless `ring_size` is the world's size.
  Ring MakeRing(int ring_size) const;

 private:
  WorldOptions options_;
  std::shared_ptr<Communicator> communicator_;
};

}  // namespace ring

#endif  // RING_RUNTIME_WORLD_H_
