// Work on numbered items by several threads, results taken in order by one.
//
// Items are made concurrently, but whoever waits for them sees 0, 1, 2, ... so that what is written
// does not depend on the number of threads. No more than a few items per thread are ever in flight:
// memory does not grow with their number.
#ifndef DATASETS_ORDERED_WORK_H_
#define DATASETS_ORDERED_WORK_H_

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace datasets {

template <class Item>
class OrderedWork {
 public:
  using Make = std::function<Item(int64_t)>;
  using Take = std::function<void(int64_t, Item)>;

  // Calls take(i, make(i)) for i in [0, count): `make` on `num_threads` threads, `take` on the
  // calling one. The first exception by item number, of either, stops the work and is rethrown.
  static void Run(int64_t count, int num_threads, const Make& make, const Take& take) {
    OrderedWork work(count, std::max(1, num_threads));
    std::vector<std::jthread> threads;
    for (int i = 0; i < work.num_threads_; ++i) threads.emplace_back([&] { work.MakeAll(make); });
    try {
      for (int64_t i = 0; i < count; ++i) take(i, work.Await(i));
    } catch (...) {
      work.Stop();
      throw;
    }
  }

 private:
  static constexpr int64_t kItemsAheadPerThread = 4;

  struct Outcome {
    std::optional<Item> item;
    std::exception_ptr failure;
  };

  OrderedWork(int64_t count, int num_threads) : count_(count), num_threads_(num_threads) {}

  void MakeAll(const Make& make) {
    while (const std::optional<int64_t> index = NextIndex()) {
      Outcome outcome;
      try {
        outcome.item.emplace(make(*index));
      } catch (...) {
        outcome.failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      outcomes_.emplace(*index, std::move(outcome));
      item_ready_.notify_one();
    }
  }

  // The next item to make, once it is near enough to those being taken; nothing when all are given.
  std::optional<int64_t> NextIndex() {
    std::unique_lock lock(mutex_);
    const int64_t ahead = kItemsAheadPerThread * num_threads_;
    room_ready_.wait(lock,
                     [&] { return stopped_ || next_ >= count_ || next_ < num_taken_ + ahead; });
    if (stopped_ || next_ >= count_) return std::nullopt;
    return next_++;
  }

  Item Await(int64_t index) {
    std::unique_lock lock(mutex_);
    num_taken_ = index;
    room_ready_.notify_all();
    item_ready_.wait(lock, [&] { return outcomes_.contains(index); });
    const auto found = outcomes_.find(index);
    Outcome outcome = std::move(found->second);
    outcomes_.erase(found);
    if (outcome.failure) std::rethrow_exception(outcome.failure);
    return std::move(*outcome.item);
  }

  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    room_ready_.notify_all();
  }

  const int64_t count_;
  const int num_threads_;
  std::mutex mutex_;
  std::condition_variable item_ready_;
  std::condition_variable room_ready_;
  std::map<int64_t, Outcome> outcomes_;  // made but not taken
  int64_t next_ = 0;
  int64_t num_taken_ = 0;
  bool stopped_ = false;
};

}  // namespace datasets

#endif  // DATASETS_ORDERED_WORK_H_
