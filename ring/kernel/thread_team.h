// The threads of one call: one parallel region, work taken piece by piece from a counter, all at
// once or phase by phase.
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
#include <vector>

#include <omp.h>
#include <sched.h>

namespace ring {

// Calls work(thread) on at most `max_threads` threads at once; on one within a parallel region.
template <typename Work>
void RunTeam(int64_t max_threads, const Work& work) {
  const int num_threads =
      at::in_parallel_region()
          ? 1
          : static_cast<int>(std::min<int64_t>(max_threads, at::get_num_threads()));
  if (num_threads <= 1) return work(0);
#pragma omp parallel num_threads(num_threads)
  work(omp_get_thread_num());
}

// Calls work(piece, thread) once for every piece in [0, num_pieces), on at most `max_threads`
// threads. Pieces start in ascending order, so one may wait for lower ones. `work` must not throw.
template <typename Work>
void RunPieces(int64_t num_pieces, int max_threads, const Work& work) {
  std::atomic<int64_t> next_piece = 0;
  RunTeam(std::min<int64_t>(max_threads, num_pieces), [&](int thread) {
    for (int64_t piece = next_piece++; piece < num_pieces; piece = next_piece++) {
      work(piece, thread);
    }
  });
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

// Work in phases, each of which needs all of the one before: `job` has
//
//   int64_t NumPieces(int phase) const    known beforehand; at least 1
//   void Work(int phase, int64_t piece)   once for every piece, on any thread
//   void Finish(int phase)                once, after the phase's last piece and before the next
//   phase
//
// Runs the phases [begin, end) in one parallel region. A thread that comes late, or whose core is
// busy elsewhere, finds less left to do; alone, one waits for nobody. None of them may throw.
template <typename Job>
void RunPhases(Job& job, int begin, int end, int max_threads) {
  std::vector<std::atomic<int64_t>> done(static_cast<size_t>(end - begin));
  std::atomic<int64_t> next_piece = 0;
  int32_t open_phase = begin;
  if (begin == end) return;
  RunTeam(max_threads, [&](int) {
    int phase = begin;
    int64_t first = 0, count = job.NumPieces(phase);
    for (;;) {
      const int64_t piece = next_piece++;
      while (piece >= first + count) {
        first += count;
        if (++phase == end) return;
        count = job.NumPieces(phase);
      }
      WaitForTurn(open_phase, phase);
      job.Work(phase, piece - first);
      if (++done[static_cast<size_t>(phase - begin)] == count) {
        job.Finish(phase);
        PassTurn(open_phase, phase + 1);
      }
    }
  });
}

}  // namespace ring

#endif  // RING_KERNEL_THREAD_TEAM_H_
