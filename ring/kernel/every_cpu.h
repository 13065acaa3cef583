// Builds a function for three generations of processors; the best that runs here is chosen at
// start-up. For loops over contiguous numbers, which the compiler then vectorises.
#ifndef RING_KERNEL_EVERY_CPU_H_
#define RING_KERNEL_EVERY_CPU_H_

#define RING_EVERY_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

#endif  // RING_KERNEL_EVERY_CPU_H_
