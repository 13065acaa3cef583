// The start of LibTorch's vector functions: exp, log, tanh and their like over whole tensors.
#ifndef RING_KERNEL_VECTOR_MATH_H_
#define RING_KERNEL_VECTOR_MATH_H_

namespace ring {

// Has LibTorch's vector functions choose their code for this processor, on one thread. They do so
// at their first call, and when several threads make that call at once, one of them may compute in
// a less accurate mode: 1e-9 for doubles, once in some hundred processes (measured: LibTorch 2.13
// with MKL, logsumexp after a matmul on two threads). Later calls cost one load, from any thread.
// Call it before the first such function that several threads, or one of OpenMP's teams, compute.
void StartVectorMath();

}  // namespace ring

#endif  // RING_KERNEL_VECTOR_MATH_H_
