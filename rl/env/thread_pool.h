// A fixed set of threads that share out the indices of a loop, many times a second.
//
// A control step of a light environment takes 5 us, as long as waking a sleeping thread. Threads
// therefore look for new work for a few thousand turns before they go to sleep. Each has a share of
// the indices that is the same in every round of equal length, so what an index stands for stays in
// that core's cache; a thread that is done with its own share helps with the others'.
#ifndef RL_ENV_THREAD_POOL_H_
#define RL_ENV_THREAD_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace rl {

// To be used by one thread at a time.
class ThreadPool {
 public:
  // `num_threads` counts the caller, who works too: 1 starts no thread.
  // Throws std::invalid_argument below 1.
  explicit ThreadPool(int num_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Calls work(i) for every i in [0, count), on any thread and in any order, and returns when all
  // are done. When calls throw, the others still run and the exception of the lowest i is
  // rethrown. Allocates nothing.
  template <class Work>
  void ForEach(int64_t count, Work work) {
    Run(
        count, [](void* callable, int64_t i) { (*static_cast<Work*>(callable))(i); }, &work);
  }

 private:
  using Call = void (*)(void* callable, int64_t index);

  void Run(int64_t count, Call call, void* callable);
  void Work(size_t self);        // takes indices until none is left, its own share's first
  void WorkerLoop(size_t self);  // the life of one thread

  // One thread's indices that nobody has taken yet; a cache line of its own.
  struct alignas(64) Share {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };

  // The loop being run. Written by the caller before `round_` moves, read by workers after.
  Call call_ = nullptr;
  void* callable_ = nullptr;
  std::vector<Share> shares_;  // one per thread

  std::atomic<uint32_t> round_{0};  // moves when there is work, or nothing more to come
  std::atomic<uint32_t> busy_{0};   // workers that have not finished the present round
  std::atomic<bool> stopping_{false};

  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  int64_t failure_index_ = 0;

  std::vector<std::thread> workers_;
};

}  // namespace rl

#endif  // RL_ENV_THREAD_POOL_H_
