#include "ring/runtime/connect.h"

#include "ring/runtime/gloo_communicator.h"
#include "ring/runtime/gloo_group.h"
#include "ring/runtime/mailboxes.h"
#include "ring/runtime/operation.h"
#include "ring/runtime/progress_board.h"
#include "ring/runtime/rendezvous.h"
#include "ring/runtime/shared_arena.h"
#include "ring/runtime/shared_communicator.h"
#include "ring/runtime/shared_memory.h"

#include <c10/util/Exception.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ring {
namespace {

// Memory of rank 0 that all ranks of a host map. Zeros at first.
std::shared_ptr<SharedMapping> ShareMemory(const Rendezvous& rendezvous, const std::string& name,
                                           size_t bytes) {
  std::optional<SharedFile> file;
  if (rendezvous.rank == 0) file = SharedFile::Create("ringrl " + name, bytes);
  const std::string path =
      ExchangeTexts(rendezvous, name, file ? file->path() : std::string()).front();
  if (!file) file = SharedFile::Open(path);
  auto mapping = std::make_shared<SharedMapping>(*file, 0, bytes);
  // Rank 0 closes its file, and with it the way to it, when everybody has it.
  ExchangeTexts(rendezvous, name + " mapped", "");
  return mapping;
}

std::shared_ptr<ProgressBoard> MakeBoard(const Rendezvous& rendezvous, bool one_host) {
  const auto size = static_cast<size_t>(rendezvous.size);
  std::shared_ptr<ProgressEntry[]> entries;
  if (one_host) {
    const auto memory = ShareMemory(rendezvous, "progress board", size * sizeof(ProgressEntry));
    entries = {memory, reinterpret_cast<ProgressEntry*>(memory->data())};
  } else {
    entries.reset(new ProgressEntry[size]());
  }
  return std::make_shared<ProgressBoard>(rendezvous.rank, rendezvous.size, std::move(entries),
                                         one_host);
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
  ExchangeTexts(rendezvous, "messages mapped", "");
  return arenas;
}

}  // namespace

std::shared_ptr<Communicator> Connect(const c10::intrusive_ptr<c10d::Store>& store,
                                      const GroupOptions& options,
                                      std::shared_ptr<TraceRecorder> trace) {
  const Rendezvous rendezvous = {
      .store = store, .rank = options.rank, .size = options.size, .timeout = options.timeout};
  auto member = std::make_shared<Member>(options.rank, options.size, options.timeout,
                                         MakeBoard(rendezvous, options.one_host), std::move(trace));
  c10::intrusive_ptr<c10d::Backend> group;
  const Operation connecting = {"connecting to the other ranks", kEveryone, options.timeout};
  member->Complete(connecting, [&] {
    group = MakeGlooGroup(store, {.rank = options.rank,
                                  .size = options.size,
                                  .address = options.address,
                                  .timeout = options.timeout});
  });
  if (options.wire == Wire::kSharedMemory) {
    Mailboxes mailboxes(ShareMemory(rendezvous, "mailboxes", Mailboxes::Bytes(options.size)),
                        options.rank, options.size);
    return std::make_shared<SharedCommunicator>(std::move(group), std::move(member),
                                                std::move(mailboxes),
                                                ShareArenas(rendezvous, options.max_messages));
  }
  return std::make_shared<GlooCommunicator>(std::move(group), std::move(member),
                                            options.max_messages);
}

}  // namespace ring
