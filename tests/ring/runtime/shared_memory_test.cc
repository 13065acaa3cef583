#include "ring/runtime/shared_memory.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <cstring>

#include <sys/wait.h>
#include <unistd.h>

namespace ring {
namespace {

constexpr size_t kPage = 4096;

TEST(SharedMemoryTest, WhatOneProcessWritesAnotherReads) {
  const SharedFile file = SharedFile::Create("test", 2 * kPage);
  const SharedMapping mapping(file, 0, 2 * kPage);
  EXPECT_EQ(mapping.data()[kPage + 5], std::byte{0}) << "zero when new";
  const std::string path = file.path();
  const pid_t pid = fork();
  if (pid == 0) {
    const SharedFile opened = SharedFile::Open(path);
    const SharedMapping second_page(opened, kPage, kPage);
    second_page.data()[5] = std::byte{42};
    _exit(0);
  }
  waitpid(pid, nullptr, 0);
  EXPECT_EQ(mapping.data()[kPage + 5], std::byte{42});
}

TEST(SharedMemoryTest, AMappingOutlivesItsFile) {
  SharedMapping mapping;
  {
    const SharedFile file = SharedFile::Create("test", kPage);
    mapping = SharedMapping(file, 0, kPage);
  }
  std::memset(mapping.data(), 1, kPage);
}

TEST(SharedMemoryTest, DiscardedPagesReadAsZeros) {
  SharedFile file = SharedFile::Create("test", 2 * kPage);
  const SharedMapping mapping(file, 0, 2 * kPage);
  std::memset(mapping.data(), 7, 2 * kPage);
  file.Discard(kPage, kPage);
  EXPECT_EQ(mapping.data()[kPage - 1], std::byte{7});
  EXPECT_EQ(mapping.data()[kPage], std::byte{0});
}

TEST(SharedMemoryTest, AFileOfATerabyteCostsNothingUntilItIsTouched) {
  const SharedFile file = SharedFile::Create("test", size_t{1} << 40);
  const SharedMapping mapping(file, size_t{1} << 39, size_t{1} << 39);
  mapping.data()[0] = std::byte{1};
}

TEST(SharedMemoryTest, AMissingFileIsNamed) {
  try {
    SharedFile::Open("/proc/self/fd/100000");
    FAIL();
  } catch (const c10::Error& error) {
    EXPECT_NE(std::string(error.what()).find("/proc/self/fd/100000"), std::string::npos);
  }
}

}  // namespace
}  // namespace ring
