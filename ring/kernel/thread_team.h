// The threads of one call: one parallel region, work taken piece by piece from a counter.
//
// A loop cut beforehand into equal parts waits for the part whose core is busy elsewhere; here such
// a thread just takes fewer pieces. Waits spin for a moment and then yield, because the thread that
// is waited for may need this very core.
#ifndef RING_KERNEL_THREAD_TEAM_H_
#define RING_KERNEL_THREAD_TEAM_H_

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <omp.h>
#include <sched.h>

namespace ring {

// Calls work(piece, thread) once for every piece in [0, num_pieces), on at most `max_threads`
// threads. Pieces start in ascending order, so one may wait for lower ones. `work` must not throw.
template <typename Work>
void RunPieces(int64_t num_pieces, int max_threads, const Work& work) {
  std::atomic<int64_t> next_piece = 0;
  const auto take_pieces = [&](int thread) {
    for (int64_t piece = next_piece++; piece < num_pieces; piece = next_piece++) {
      work(piece, thread);
    }
  };
  const int num_threads =
      at::in_parallel_region()
          ? 1
          : static_cast<int>(std::min<int64_t>({max_threads, at::get_num_threads(), num_pieces}));
  if (num_threads <= 1) return take_pieces(0);
#pragma omp parallel num_threads(num_threads)
  take_pieces(omp_get_thread_num());
}

// Pieces that share a result take turns at it: waits until `turn` is `mine`, and sees what was
// written before PassTurn() made it so.
inline void WaitForTurn(int32_t& turn, int32_t mine) {
  constexpr int kSpins = 1000;
  const std::atomic_ref<int32_t> shared(turn);
  for (int spin = 0; shared.load(std::memory_order_acquire) != mine; ++spin) {
    if (spin < kSpins) {
      __builtin_ia32_pause();
    } else {
      sched_yield();
    }
  }
}

inline void PassTurn(int32_t& turn, int32_t next) {
  std::atomic_ref<int32_t>(turn).store(next, std::memory_order_release);
}

}  // namespace ring

#endif  // RING_KERNEL_THREAD_TEAM_H_
