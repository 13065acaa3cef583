// Settings that belong to the process as a whole and must be made before anything else runs.
#ifndef EXPERIMENTS_PROCESS_SETTINGS_H_
#define EXPERIMENTS_PROCESS_SETTINGS_H_

namespace experiments {

// Memory: blocks of 32 MiB and more, the activations of long contexts, come from mmap and go back
// when freed; smaller ones come from a heap that keeps up to 256 MiB, for touching fresh pages at
// every update costs a short-context run a sixth of its time. Set once, both stay: left to itself
// glibc moves them with the largest block freed so far, and the peak memory of a long run creeps
// up.
//
// Threads: OpenMP's idle threads sleep (OMP_WAIT_POLICY=passive). By default they spin for a while
// after every parallel region, and on few cores take the time of the threads that step environments
// or inflate archives. libgomp reads the variable when it is loaded, so when it is unset the
// process starts itself once more with it set; and not here, but before the libraries set
// themselves up, for LibTorch takes a fifth of a second for that. A value that the user chose
// stays.
//
// LibTorch's vector functions are started by the one thread there is (ring/kernel/vector_math.h).
void ApplyProcessSettings();

}  // namespace experiments

#endif  // EXPERIMENTS_PROCESS_SETTINGS_H_
