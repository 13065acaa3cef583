// A rank that does some work with its peers, and in one of them something happens half-way.
//
//   fault_rank WORKLOAD FAULT FAULTY_RANK OPERATION     (and torchrun's environment variables)
//
// WORKLOAD is hops, collectives or attention; FAULT is kill, stop, exit, throw or none. Prints
// "fault" just before it happens and "done after N operations" at the end; an error goes to stderr,
// status 1.
#include "ring/attention/attention.h"
#include "ring/runtime/world.h"
#include "tests/ring/faults/faulty_communicator.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

constexpr int kTokensPerRank = 16;

// Every rank's message once round the ring, twice.
void Hops(ring::Communicator& communicator) {
  const int n = communicator.size(), rank = communicator.rank();
  for (int32_t layer = 0; layer < 2; ++layer) {
    ring::Message block = communicator.Allocate(100'000);
    for (int32_t round = 1; round < n; ++round) {
      const ring::Hop sent = {
          .layer = layer, .round = round, .owner = (rank - round + 1 + n) % n, .bytes = 100'000};
      ring::Hop received = sent;
      received.owner = (rank - round + n) % n;
      ring::PendingReceive next = communicator.Receive((rank + n - 1) % n, received);
      ring::PendingSend send = communicator.Send(block, (rank + 1) % n, sent);
      block = next.Wait();
      send.Wait();
    }
  }
}

void Collectives(ring::Communicator& communicator) {
  at::Tensor sum = at::ones({100'000});
  communicator.AllReduce(sum, ring::Reduction::kSum, "gradients");
  communicator.Broadcast(sum, 0, "parameters");
  communicator.AllGather(sum, "losses");
  communicator.Barrier("evaluation", std::chrono::seconds(2));
}

void Attend(const ring::Ring& ring) {
  const auto layout = ring::SequenceLayout::Zigzag(kTokensPerRank * ring.size(), ring.size());
  const auto make = [] { return at::randn({1, 2, kTokensPerRank, 8}).requires_grad_(); };
  const at::Tensor q_BHQD = make(), k_BGKD = make(), v_BGKD = make();
  ring::Attention(q_BHQD, k_BGKD, v_BGKD, {}, layout, ring).sum().backward();
}

void Strike(const std::string& fault) {
  std::puts("fault");
  std::fflush(stdout);
  if (fault == "kill") std::raise(SIGKILL);
  if (fault == "stop") std::raise(SIGSTOP);
  if (fault == "exit") std::_Exit(3);
  if (fault == "throw") throw std::runtime_error("the rank's own error");
}

int Run(const std::string& workload, const std::string& fault, int faulty_rank, int operation) {
  const ring::World world(
      ring::WorldFromEnvironment([](const char* name) { return std::getenv(name); }));
  const bool is_faulty = world.rank() == faulty_rank && fault != "none";
  const auto communicator = std::make_shared<tests::FaultyCommunicator>(
      world.MakeRing(world.size()), is_faulty ? operation : -1, [&] { Strike(fault); });
  if (workload == "hops") Hops(*communicator);
  if (workload == "collectives") Collectives(*communicator);
  if (workload == "attention") Attend(ring::Ring(communicator));
  std::printf("done after %d operations\n", communicator->count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  try {
    return Run(argv[1], argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
