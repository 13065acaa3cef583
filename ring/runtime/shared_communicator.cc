#include "ring/runtime/shared_communicator.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/Exception.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>

#include <array>
#include <chrono>
#include <map>
#include <stdexcept>
#include <utility>

namespace ring {
namespace {

using Clock = std::chrono::steady_clock;
using Arenas = std::vector<std::shared_ptr<SharedArena>>;

constexpr int kNoSlot = -1;
constexpr size_t kCargoes = 2;

// How long a rank sleeps before it looks whether its peer still lives.
constexpr std::chrono::milliseconds kLook{50};

// One reference to a slot, given back with the last handle of the message.
class SlotReference : public Message::Buffer {
 public:
  SlotReference(Parcel parcel, std::shared_ptr<SharedArena> arena,
                std::shared_ptr<SharedMapping> mapping)
      : parcel_(parcel), arena_(std::move(arena)), mapping_(std::move(mapping)) {}
  ~SlotReference() override { arena_->DropReference(parcel_.slot); }

  int32_t owner() const { return parcel_.arena; }
  int32_t slot() const { return parcel_.slot; }
  SharedArena& arena() const { return *arena_; }

 private:
  Parcel parcel_;
  std::shared_ptr<SharedArena> arena_;
  std::shared_ptr<SharedMapping> mapping_;
};

// The message of a parcel, with the reference that came along.
Message Open(const Parcel& parcel, int64_t bytes, const Arenas& arenas) {
  if (parcel.slot == kNoSlot) return {at::empty({0}, at::kByte), nullptr};
  const std::shared_ptr<SharedArena>& arena = arenas[static_cast<size_t>(parcel.arena)];
  std::shared_ptr<SharedMapping> mapping = arena->Map(parcel.slot, static_cast<size_t>(bytes));
  at::Tensor tensor = at::from_blob(mapping->data(), {bytes}, at::kByte);
  return {std::move(tensor), std::make_shared<SlotReference>(parcel, arena, std::move(mapping))};
}

// Sleeps and looks around until `ready`. Throws when that can never be, or not in time.
void Await(const Member& member, const Operation& operation, const std::function<bool()>& ready,
           const std::function<void(std::chrono::milliseconds)>& sleep) {
  const auto deadline = Clock::now() + operation.timeout;
  while (!ready()) {
    sleep(kLook);
    if (ready()) return;
    if (Clock::now() >= deadline) throw std::runtime_error("time-out");
    if (operation.peer == kEveryone) continue;
    const std::optional<std::string> why = member.board().WhyNever(operation.peer);
    // What a rank has posted before it left counts.
    if (why && !ready()) throw std::runtime_error(*why);
  }
}

class DoneSend : public PendingSend::Work {
 public:
  void Wait() override {}
};

}  // namespace

// What came from each peer but was not asked for yet, and the order of what was asked for.
class SharedCommunicator::State {
 public:
  State(std::shared_ptr<Member> of, Mailboxes boxes, Arenas all)
      : member(std::move(of)), mailboxes(std::move(boxes)), arenas(std::move(all)) {
    inboxes_.resize(arenas.size());
  }

  uint64_t NextTicket(int from, Cargo cargo) { return InboxOf(from, cargo).next_ticket++; }

  // Whether the message with this ticket has come. Sorts what comes on the way.
  bool HasCome(int from, Cargo cargo, uint64_t ticket) {
    while (const std::optional<Parcel> parcel = mailboxes.TryTake(from)) {
      Inbox& inbox = InboxOf(from, DecodeHop(parcel->header).cargo);
      inbox.parcels[inbox.num_come++] = *parcel;
    }
    return InboxOf(from, cargo).parcels.contains(ticket);
  }

  Parcel Take(int from, Cargo cargo, uint64_t ticket) {
    return InboxOf(from, cargo).parcels.extract(ticket).mapped();
  }

  std::shared_ptr<Member> member;
  Mailboxes mailboxes;
  Arenas arenas;

 private:
  struct Inbox {
    uint64_t next_ticket = 0, num_come = 0;
    std::map<uint64_t, Parcel> parcels;
  };

  Inbox& InboxOf(int from, Cargo cargo) {
    return inboxes_[static_cast<size_t>(from)][static_cast<size_t>(cargo)];
  }

  std::vector<std::array<Inbox, kCargoes>> inboxes_;
};

namespace {

// Receives need the state, which only the communicator knows by name.
class FunctionReceive : public PendingReceive::Work {
 public:
  explicit FunctionReceive(std::function<Message()> wait) : wait_(std::move(wait)) {}
  Message Wait() override { return wait_(); }

 private:
  std::function<Message()> wait_;
};

}  // namespace

SharedCommunicator::SharedCommunicator(c10::intrusive_ptr<c10d::Backend> group,
                                       std::shared_ptr<Member> member, Mailboxes mailboxes,
                                       Arenas arenas)
    : GroupCommunicator(std::move(group), member),
      state_(std::make_shared<State>(member, std::move(mailboxes), std::move(arenas))) {}

SharedCommunicator::~SharedCommunicator() = default;

Message SharedCommunicator::Allocate(int64_t bytes) {
  TORCH_CHECK(bytes >= 0, "a message of ", bytes, " bytes");
  Parcel parcel = {.header = {}, .arena = rank(), .slot = kNoSlot};
  if (bytes == 0) return Open(parcel, bytes, state_->arenas);
  SharedArena& arena = *state_->arenas[static_cast<size_t>(rank())];
  uint32_t releases = 0;
  const auto claims = [&] {
    releases = arena.releases();
    parcel.slot = arena.TryClaim(static_cast<size_t>(bytes)).value_or(kNoSlot);
    return parcel.slot != kNoSlot;
  };
  member()->CheckWorks();
  if (!claims()) {
    Operation operation = member()->CollectiveOf("wait for the return", "a message in use");
    member()->Complete(operation, [&] {
      Await(*member(), operation, claims,
            [&](auto at_most) { arena.SleepWhileFull(releases, at_most); });
    });
  }
  return Open(parcel, bytes, state_->arenas);
}

PendingSend SharedCommunicator::Send(const Message& message, int to, const Hop& hop) {
  CheckPeer(to);
  CheckSize(message, hop);
  member()->CheckWorks();
  Parcel parcel = {.header = EncodeHop(hop), .arena = rank(), .slot = kNoSlot};
  if (hop.bytes > 0) {
    const auto* const reference = dynamic_cast<const SlotReference*>(message.buffer().get());
    TORCH_CHECK(reference != nullptr, "a message must come from Allocate() or Receive()");
    parcel.arena = reference->owner();
    parcel.slot = reference->slot();
    reference->arena().AddReference(parcel.slot);  // the receiver's
  }
  const auto posts = [&] { return state_->mailboxes.TryPost(to, parcel); };
  if (!posts()) {
    const Operation operation = member()->SendOf(hop, to);
    member()->Complete(operation, [&] {
      Await(*member(), operation, posts,
            [&](auto at_most) { state_->mailboxes.SleepWhileFull(to, at_most); });
    });
  }
  if (trace() != nullptr) trace()->CountBytes(hop.bytes);
  return PendingSend(std::make_unique<DoneSend>());
}

PendingReceive SharedCommunicator::Receive(int from, const Hop& hop) {
  CheckPeer(from);
  member()->CheckWorks();
  const uint64_t ticket = state_->NextTicket(from, hop.cargo);
  const Operation operation = member()->ReceiveOf(hop, from);
  const auto wait = [state = state_, operation, hop, ticket] {
    const int peer = operation.peer;
    state->member->Complete(operation, [&] {
      Await(
          *state->member, operation, [&] { return state->HasCome(peer, hop.cargo, ticket); },
          [&](auto at_most) { state->mailboxes.SleepWhileEmpty(peer, at_most); });
    });
    const Parcel parcel = state->Take(peer, hop.cargo, ticket);
    const std::string surprise = DifferenceFrom(hop, parcel.header);
    if (!surprise.empty()) state->member->Fail(operation, surprise);
    return Open(parcel, hop.bytes, state->arenas);
  };
  return PendingReceive(std::make_unique<FunctionReceive>(wait));
}

}  // namespace ring
