#include "ring/attention/growing_rows.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

namespace ring {
namespace {

constexpr int64_t kRows = 3;
constexpr int64_t kTokenBytes = 512;  // 128 float32

int64_t PageBytes() { return sysconf(_SC_PAGESIZE); }
int64_t TokensOfAPage() { return PageBytes() / kTokenBytes; }

// Every byte of a token is a number of its row and place.
char Mark(int64_t row, int64_t token) { return static_cast<char>(1 + (31 * row + token) % 127); }

void Write(GrowingRows& rows, int64_t begin, int64_t end) {
  rows.Reserve(end);
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t token = begin; token < end; ++token) {
      std::memset(rows.row(row) + token * kTokenBytes, Mark(row, token), kTokenBytes);
    }
  }
}

void ExpectHolds(const GrowingRows& rows, int64_t num_tokens) {
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t token = 0; token < num_tokens; ++token) {
      const std::string expected(kTokenBytes, Mark(row, token));
      ASSERT_EQ(std::memcmp(rows.row(row) + token * kTokenBytes, expected.data(), kTokenBytes), 0)
          << "row " << row << ", token " << token;
    }
  }
}

// Pages of a row that are in memory.
int64_t ResidentPages(const GrowingRows& rows, int64_t row) {
  std::vector<unsigned char> in_memory(static_cast<size_t>(rows.row_bytes() / PageBytes()));
  if (mincore(rows.row(row), static_cast<size_t>(rows.row_bytes()), in_memory.data()) != 0) {
    return -1;
  }
  int64_t pages = 0;
  for (const unsigned char page : in_memory) pages += page & 1;
  return pages;
}

TEST(GrowingRowsTest, GrowthKeepsWhatRowsHold) {
  GrowingRows rows(kRows, kTokenBytes);
  int64_t num_tokens = 0;
  for (const int64_t end : {1, 2, 9, 10, 100, 101, 1000}) {
    Write(rows, num_tokens, end);
    num_tokens = end;
    ExpectHolds(rows, num_tokens);
  }
}

TEST(GrowingRowsTest, RoomAtLeastDoublesSoThatRowsMoveSeldom) {
  GrowingRows rows(kRows, kTokenBytes);
  int64_t moves = 0, row_bytes = 0;
  for (int64_t num_tokens = 1; num_tokens <= 1000; ++num_tokens) {
    rows.Reserve(num_tokens);
    moves += rows.row_bytes() != row_bytes;
    row_bytes = rows.row_bytes();
  }
  EXPECT_LE(moves, 9);  // a page holds 8 tokens, and 2^7 of them 1024
}

// The pages are the same ones: copying would have made new ones, and touched them.
TEST(GrowingRowsTest, ReservedRoomTakesNoMemoryUntilItIsWritten) {
  GrowingRows rows(kRows, kTokenBytes);
  Write(rows, 0, 3 * TokensOfAPage());
  rows.Reserve(1000 * TokensOfAPage());
  for (int64_t row = 0; row < kRows; ++row) EXPECT_EQ(ResidentPages(rows, row), 3);
}

TEST(GrowingRowsTest, CountsWholePagesOfWhatIsReserved) {
  GrowingRows rows(kRows, kTokenBytes);
  EXPECT_EQ(rows.touched_bytes(), 0);
  rows.Reserve(TokensOfAPage() + 1);
  EXPECT_EQ(rows.touched_bytes(), kRows * 2 * PageBytes());
}

TEST(GrowingRowsTest, TruncatingALittleKeepsTheMemoryAndMuchGivesItBack) {
  GrowingRows rows(kRows, kTokenBytes);
  const int64_t much = 1000 * TokensOfAPage();
  Write(rows, 0, much);
  rows.Truncate(much - 1);
  EXPECT_EQ(rows.touched_bytes(), kRows * 1000 * PageBytes());
  rows.Truncate(TokensOfAPage() + 1);
  EXPECT_EQ(rows.touched_bytes(), kRows * 2 * PageBytes());
  for (int64_t row = 0; row < kRows; ++row) EXPECT_EQ(ResidentPages(rows, row), 2);
  ExpectHolds(rows, TokensOfAPage() + 1);
  Write(rows, TokensOfAPage() + 1, much);
  ExpectHolds(rows, much);
}

TEST(GrowingRowsTest, WhatTheSystemRefusesIsSaidInBytesAndLosesNothing) {
  GrowingRows rows(kRows, kTokenBytes);
  Write(rows, 0, 20);
  EXPECT_THAT([&] { rows.Reserve(int64_t{1} << 40); },
              testing::ThrowsMessage<c10::ValueError>(
                  testing::AllOf(testing::HasSubstr("a cache of 1099511627776 tokens takes 1.6888"),
                                 testing::HasSubstr("use fewer chains or a shorter context"))));
  ExpectHolds(rows, 20);
}

// The addresses that pages move away from are anybody's at once: the ranks of a process, and every
// allocator, map memory at the same time.
TEST(GrowingRowsTest, MovingTakesNoMemoryOfOtherThreads) {
  std::atomic<bool> done = false;
  std::atomic<int64_t> lost = 0;
  std::thread neighbour([&] {
    const auto bytes = static_cast<size_t>(2 * PageBytes());
    unsigned char in_memory[2];
    std::vector<void*> held(64, nullptr);
    for (size_t i = 0; !done; i = (i + 1) % held.size()) {
      if (held[i] != nullptr) {
        lost += mincore(held[i], bytes, in_memory) != 0;  // refused where nothing is mapped
        munmap(held[i], bytes);
      }
      held[i] = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    for (void* memory : held) {
      if (memory != nullptr) munmap(memory, bytes);
    }
  });
  for (int life = 0; life < 600; ++life) {
    GrowingRows rows(/*num_rows=*/16, kTokenBytes);
    for (int64_t pages = 2; pages <= 8; pages *= 2) rows.Reserve(pages * TokensOfAPage());
  }
  done = true;
  neighbour.join();
  EXPECT_EQ(lost, 0);
}

TEST(GrowingRowsTest, MovesAsAWhole) {
  GrowingRows rows(kRows, kTokenBytes);
  Write(rows, 0, 20);
  GrowingRows other(1, 1);
  other = std::move(rows);
  ExpectHolds(other, 20);
}

}  // namespace
}  // namespace ring
