#include "ring/runtime/connect.h"

#include "ring/runtime/gloo_communicator.h"
#include "ring/runtime/gloo_group.h"
#include "ring/runtime/mailboxes.h"
#include "ring/runtime/nccl_communicator.h"
#include "ring/runtime/operation.h"
#include "ring/runtime/progress_board.h"
#include "ring/runtime/rendezvous.h"
#include "ring/runtime/shared_arena.h"
#include "ring/runtime/shared_communicator.h"
#include "ring/runtime/shared_memory.h"
#include "ring/runtime/store_mirror.h"

#include <c10/util/Exception.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <string>
#include <utility>
#include <vector>

namespace ring {
namespace {

// Files that peers still have to open. They can be closed once everybody has met.
using OpenFiles = std::vector<SharedFile>;

// Memory of rank 0 that all ranks of a host map. Zeros at first.
std::shared_ptr<SharedMapping> ShareMemory(const Rendezvous& rendezvous, const std::string& name,
                                           size_t bytes, OpenFiles& files) {
  std::string path;
  if (rendezvous.rank == 0) {
    files.push_back(SharedFile::Create("ringrl " + name, bytes));
    path = files.back().path();
  }
  path = ExchangeTexts(rendezvous, name, path).front();
  if (rendezvous.rank != 0) files.push_back(SharedFile::Open(path));
  return std::make_shared<SharedMapping>(files.back(), 0, bytes);
}

std::shared_ptr<ProgressBoard> MakeBoard(const Rendezvous& rendezvous, bool one_host,
                                         OpenFiles& files) {
  const auto size = static_cast<size_t>(rendezvous.size);
  std::shared_ptr<ProgressEntry[]> entries;
  std::unique_ptr<ProgressMirror> mirror;
  if (one_host) {
    const auto memory =
        ShareMemory(rendezvous, "progress board", size * sizeof(ProgressEntry), files);
    entries = {memory, reinterpret_cast<ProgressEntry*>(memory->data())};
  } else {
    entries.reset(new ProgressEntry[size]());
    mirror =
        std::make_unique<StoreMirror>(rendezvous.store, rendezvous.rank, rendezvous.size, entries);
  }
  return std::make_shared<ProgressBoard>(rendezvous.rank, rendezvous.size, std::move(entries),
                                         std::move(mirror));
}

// Every rank's messages, in rank order.
std::vector<std::shared_ptr<SharedArena>> ShareArenas(const Rendezvous& rendezvous,
                                                      int max_messages) {
  const std::shared_ptr<SharedArena> own = SharedArena::Create(max_messages);
  std::vector<std::shared_ptr<SharedArena>> arenas;
  for (const std::string& path : ExchangeTexts(rendezvous, "messages", own->path())) {
    const bool is_own = static_cast<int>(arenas.size()) == rendezvous.rank;
    arenas.push_back(is_own ? own : SharedArena::Open(path, max_messages));
  }
  return arenas;
}

std::shared_ptr<Communicator> MakeCommunicator(const Rendezvous& rendezvous,
                                               const GroupOptions& options,
                                               std::shared_ptr<Member> member, OpenFiles& files) {
  c10::intrusive_ptr<c10d::Backend> group;
  const Operation connecting = {"connecting to the other ranks", kEveryone, options.timeout};
  member->Complete(connecting, [&] {
    group = MakeGlooGroup(rendezvous.store, {.rank = options.rank,
                                             .size = options.size,
                                             .address = options.address,
                                             .timeout = options.timeout});
  });
  if (options.wire == Wire::kNccl) {
#ifdef USE_C10D_NCCL
    const c10::Device device(c10::kCUDA, static_cast<c10::DeviceIndex>(options.gpu));
    return std::make_shared<NcclCommunicator>(rendezvous.store, std::move(group), std::move(member),
                                              device, options.max_messages);
#else
    TORCH_CHECK_VALUE(false, "transport nccl needs a build with CUDA (./ringrl build cuda)");
#endif
  }
  if (options.wire == Wire::kGloo) {
    return std::make_shared<GlooCommunicator>(std::move(group), std::move(member),
                                              options.max_messages);
  }
  Mailboxes mailboxes(ShareMemory(rendezvous, "mailboxes", Mailboxes::Bytes(options.size), files),
                      options.rank, options.size);
  return std::make_shared<SharedCommunicator>(std::move(group), std::move(member),
                                              std::move(mailboxes),
                                              ShareArenas(rendezvous, options.max_messages));
}

}  // namespace

std::shared_ptr<Communicator> Connect(const c10::intrusive_ptr<c10d::Store>& store,
                                      const GroupOptions& options,
                                      std::shared_ptr<TraceRecorder> trace) {
  const Rendezvous rendezvous = {
      .store = store, .rank = options.rank, .size = options.size, .timeout = options.timeout};
  OpenFiles files;
  auto member =
      std::make_shared<Member>(options.rank, options.size, options.timeout,
                               MakeBoard(rendezvous, options.one_host, files), std::move(trace));
  std::shared_ptr<Communicator> communicator =
      MakeCommunicator(rendezvous, options, std::move(member), files);
  // From here on nobody needs another's files, nor the store.
  communicator->Barrier("the first meeting", options.timeout);
  return communicator;
}

}  // namespace ring
