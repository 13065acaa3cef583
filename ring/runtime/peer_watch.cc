#include "ring/runtime/peer_watch.h"

#include "ring/runtime/hop_header.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>

#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace ring {
namespace {

// c10d has no word for ever.
constexpr std::chrono::milliseconds kForEver = std::chrono::hours(24 * 365);

// For an operation that is complete or never will be.
constexpr std::chrono::milliseconds kAtOnce{1};

}  // namespace

// What collectives wait for, besides their end.
struct PeerWatch::Losses {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<int, std::string> reasons;  // of the peers that are lost
};

class PeerWatch::Watched {
 public:
  Watched(c10d::Backend& group, int peer, std::shared_ptr<Losses> losses)
      : peer_(peer), losses_(std::move(losses)) {
    std::vector<at::Tensor> never = {at::empty({1}, at::kByte)};
    receive_ = group.recv(never, peer, kWatchTag);
    thread_ = std::thread([this] { Run(); });
  }
  ~Watched() {
    receive_->abort();
    thread_.join();
  }

  void Wait(c10d::Work& work, std::chrono::milliseconds timeout) {
    bool completed = false;
    if (Begin(work)) {
      try {
        completed = work.wait(timeout);
      } catch (...) {
        End(work);
        throw;
      }
      End(work);
    }
    if (completed) return;
    try {
      completed = work.wait(kAtOnce);
    } catch (const std::exception&) {
      completed = false;
    }
    if (!completed) throw std::runtime_error(reason_);
  }

 private:
  void Run() {
    try {
      // Comes back without an error when it is aborted.
      if (!receive_->wait(kForEver)) return;
    } catch (const std::exception& error) {
      Lose(error.what());
    }
  }

  void Lose(const std::string& reason) {
    {
      const std::lock_guard lock(mutex_);
      reason_ = reason;
      for (c10d::Work* work : under_way_) work->abort();
    }
    const std::lock_guard lock(losses_->mutex);
    losses_->reasons[peer_] = reason;
    losses_->changed.notify_all();
  }

  // Whether the connection was not lost before.
  bool Begin(c10d::Work& work) {
    const std::lock_guard lock(mutex_);
    if (!reason_.empty()) return false;
    under_way_.insert(&work);
    return true;
  }

  void End(c10d::Work& work) {
    const std::lock_guard lock(mutex_);
    under_way_.erase(&work);
  }

  int peer_;
  std::shared_ptr<Losses> losses_;
  c10::intrusive_ptr<c10d::Work> receive_;
  std::mutex mutex_;
  std::string reason_;  // empty while the connection works; then it stays as it is
  std::set<c10d::Work*> under_way_;
  std::thread thread_;
};

PeerWatch::PeerWatch(c10::intrusive_ptr<c10d::Backend> group)
    : group_(std::move(group)), losses_(std::make_shared<Losses>()) {}

PeerWatch::~PeerWatch() = default;

void PeerWatch::Watch(int peer) {
  const std::lock_guard lock(mutex_);
  if (watched_.contains(peer)) return;
  watched_.emplace(peer, std::make_unique<Watched>(*group_, peer, losses_));
}

void PeerWatch::Wait(int peer, c10d::Work& work, std::chrono::milliseconds timeout) {
  Watched* watched = nullptr;
  {
    const std::lock_guard lock(mutex_);
    watched = watched_.at(peer).get();
  }
  watched->Wait(work, timeout);
}

std::optional<std::string> PeerWatch::WaitForAll(c10d::Work& work,
                                                 const std::function<bool(int)>& matters) {
  const auto ended = std::make_shared<bool>(false);
  work.getFuture()->addCallback([losses = losses_, ended](c10::ivalue::Future&) {
    const std::lock_guard lock(losses->mutex);
    *ended = true;
    losses->changed.notify_all();
  });
  std::set<int> passed_over;
  std::unique_lock lock(losses_->mutex);
  while (!*ended) {
    std::optional<std::pair<int, std::string>> loss;
    for (const auto& [peer, reason] : losses_->reasons) {
      if (!passed_over.contains(peer)) loss = {peer, reason};
    }
    if (!loss) {
      losses_->changed.wait(lock);
      continue;
    }
    // Without the lock: it may take a while to find out.
    lock.unlock();
    if (matters(loss->first)) return loss->second;
    lock.lock();
    passed_over.insert(loss->first);
  }
  lock.unlock();
  work.wait();
  return std::nullopt;
}

}  // namespace ring
