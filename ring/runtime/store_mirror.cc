#include "ring/runtime/store_mirror.h"

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

namespace ring {
namespace {

constexpr std::chrono::milliseconds kBetweenBeats{500};
constexpr std::chrono::milliseconds kSilence{1200};  // two beats and some

// A store that does not answer within this is at a rank that does not.
constexpr std::chrono::milliseconds kStoreTimeout{1000};

// standing, peer, finished, beats
using Published = std::array<int64_t, 4>;

std::string Key(int rank) { return "progress/" + std::to_string(rank); }

}  // namespace

StoreMirror::StoreMirror(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
                         std::shared_ptr<ProgressEntry[]> entries)
    : rank_(rank),
      size_(size),
      entries_(std::move(entries)),
      publish_store_(store->clone()),
      fetch_store_(store->clone()) {
  publish_store_->setTimeout(kStoreTimeout);
  fetch_store_->setTimeout(kStoreTimeout);
  Publish();
  publisher_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!stop_.wait_for(lock, kBetweenBeats, [this] { return stopping_; })) {
      // The store may be gone, or slow; whoever waits for it has a time-out of its own.
      Publish();
    }
  });
}

StoreMirror::~StoreMirror() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  publisher_.join();
  Publish();
}

bool StoreMirror::Publish() {
  const ProgressEntry& own = entries_[rank_];
  const Published published = {static_cast<int64_t>(own.standing.load()), own.peer.load(),
                               static_cast<int64_t>(own.finished.load()),
                               static_cast<int64_t>(++beats_)};
  std::vector<uint8_t> bytes(sizeof(published));
  std::memcpy(bytes.data(), published.data(), bytes.size());
  try {
    publish_store_->set(Key(rank_), bytes);
  } catch (const std::exception&) {
    return false;
  }
  return true;
}

// Whether the entry has changed since the last time.
bool StoreMirror::Fetch(int other) {
  ProgressEntry& entry = entries_[other];
  Published published = {};
  try {
    if (!fetch_store_->check({Key(other)})) return false;
    const std::vector<uint8_t> bytes = fetch_store_->get(Key(other));
    std::memcpy(published.data(), bytes.data(), std::min(bytes.size(), sizeof(published)));
  } catch (const std::exception&) {
    return false;
  }
  entry.standing = static_cast<Standing>(published[0]);
  entry.peer = static_cast<int32_t>(published[1]);
  entry.finished = static_cast<uint64_t>(published[2]);
  return entry.beats.exchange(static_cast<uint64_t>(published[3])) !=
         static_cast<uint64_t>(published[3]);
}

void StoreMirror::Refresh() {
  for (int r = 0; r < size_; ++r) {
    if (r != rank_) Fetch(r);
  }
  std::this_thread::sleep_for(kSilence);
  // Rank 0 keeps the store: without an answer from there nothing is known of the others.
  for (int r = 0; r < size_; ++r) {
    if (r == rank_) continue;
    const bool has_left = entries_[r].standing == Standing::kLeft;
    entries_[r].silent = !Fetch(r) && !has_left && entries_[r].standing != Standing::kAbsent;
    if (r == 0 && entries_[0].silent) return;
  }
}

}  // namespace ring
