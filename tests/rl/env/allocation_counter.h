// Counts every `new` of the test binary it is linked into, from any thread.
#ifndef TESTS_RL_ENV_ALLOCATION_COUNTER_H_
#define TESTS_RL_ENV_ALLOCATION_COUNTER_H_

#include <cstdint>

namespace tests {

int64_t NumAllocations();

}  // namespace tests

#endif  // TESTS_RL_ENV_ALLOCATION_COUNTER_H_
