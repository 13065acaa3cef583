#include "rl/render/shared_library.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace rl {
namespace {

TEST(SharedLibraryTest, FindsAFunctionOfALibraryThatEveryMachineHas) {
  const SharedLibrary library("libm.so.6");
  double (*cosine)(double) = nullptr;
  library.Find("cos", &cosine);
  EXPECT_EQ(cosine(0.0), 1.0);
}

TEST(SharedLibraryTest, NamesTheLibraryThatIsMissing) {
  try {
    const SharedLibrary library("libNoSuchThing.so.1");
    FAIL() << "it cannot be there";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("libNoSuchThing.so.1"), std::string::npos);
  }
}

TEST(SharedLibraryTest, NamesTheFunctionThatIsMissing) {
  const SharedLibrary library("libm.so.6");
  void (*function)() = nullptr;
  EXPECT_THROW(library.Find("noSuchFunction", &function), std::runtime_error);
}

}  // namespace
}  // namespace rl
