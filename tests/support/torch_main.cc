// GoogleTest's main for tests of code over LibTorch.
#include "ring/kernel/vector_math.h"

#include <gtest/gtest.h>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  ring::StartVectorMath();
  return RUN_ALL_TESTS();
}
