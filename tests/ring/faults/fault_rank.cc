// A rank that does some work with its peers, and in one of them something happens half-way.
//
//   fault_rank WORKLOAD FAULT FAULTY_RANK OPERATION     (and torchrun's environment variables)
//
// WORKLOAD is hops, collectives, attention or bulk; FAULT is kill, stop, exit, throw, kill_during
// (when the operation has begun) or none. Prints "fault" just before it happens and "done after N
// operations" at the end; an error goes to stderr, status 1.
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
#include <thread>

namespace {

constexpr int kTokensPerRank = 16;

// More than any socket holds, and a while on the way.
constexpr int64_t kBulk = int64_t{128} << 20;  // bytes

// How long an operation of kBulk has been under way when it is struck.
constexpr std::chrono::milliseconds kUnderWay{15};

// Every rank's message once round the ring, for each layer.
void Hops(ring::Communicator& communicator, int32_t num_layers, int64_t bytes) {
  const int n = communicator.size(), rank = communicator.rank();
  for (int32_t layer = 0; layer < num_layers; ++layer) {
    ring::Message block = communicator.Allocate(bytes);
    for (int32_t round = 1; round < n; ++round) {
      const ring::Hop sent = {
          .layer = layer, .round = round, .owner = (rank - round + 1 + n) % n, .bytes = bytes};
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

void Bulk(ring::Communicator& communicator) {
  Hops(communicator, /*num_layers=*/1, kBulk);
  at::Tensor sum = at::ones({kBulk / 4});
  communicator.AllReduce(sum, ring::Reduction::kSum, "gradients");
  communicator.Broadcast(sum, 0, "parameters");
}

void Attend(const ring::Ring& ring) {
  const auto layout = ring::SequenceLayout::Zigzag(kTokensPerRank * ring.size(), ring.size());
  const auto make = [] { return at::randn({1, 2, kTokensPerRank, 8}).requires_grad_(); };
  const at::Tensor q_BHQD = make(), k_BGKD = make(), v_BGKD = make();
  ring::Attention(q_BHQD, k_BGKD, v_BGKD, {}, layout, ring).sum().backward();
}

void Strike(const std::string& fault) {
  if (fault == "kill_during") {
    std::thread([] {
      std::this_thread::sleep_for(kUnderWay);
      Strike("kill");
    }).detach();
    return;
  }
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
  if (workload == "hops") Hops(*communicator, /*num_layers=*/2, /*bytes=*/100'000);
  if (workload == "collectives") Collectives(*communicator);
  if (workload == "bulk") Bulk(*communicator);
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
