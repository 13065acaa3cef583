#include "ring/runtime/child_process.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <unistd.h>

namespace ring {
namespace {

ChildOptions Shell(const std::string& script) {
  return {.program = "sh", .arguments = {"-c", script}, .out = ChildOptions::Output::kPipe};
}

int StatusOf(ChildProcess& child) {
  for (int look = 0; look < 2000; ++look) {
    if (const auto status = child.TryWait()) return *status;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return -1;
}

std::string OutputOf(const ChildProcess& child) {
  std::string text;
  char buffer[1024];
  for (ssize_t count; (count = read(child.out_fd(), buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

bool Runs(pid_t pid) { return kill(pid, 0) == 0; }

TEST(ChildProcessTest, PassesArgumentsEnvironmentOutputAndStatus) {
  ChildOptions options = Shell("echo $GREETING \"$1\"; exit 3");
  options.arguments.insert(options.arguments.end(), {"sh", "a b"});
  options.environment = {{"GREETING", "hello"}};
  ChildProcess child(options);
  EXPECT_EQ(OutputOf(child), "hello a b\n");
  EXPECT_EQ(StatusOf(child), 3);
}

TEST(ChildProcessTest, AddedVariablesReplaceOldOnes) {
  ChildOptions options = Shell("echo \"[$PATH]\"");
  options.program = "/bin/sh";
  options.environment = {{"PATH", "/nowhere"}};
  ChildProcess child(options);
  EXPECT_EQ(OutputOf(child), "[/nowhere]\n");
}

TEST(ChildProcessTest, ASignalShowsInTheStatus) {
  ChildProcess child(Shell("sleep 100"));
  child.Signal(SIGTERM);
  EXPECT_EQ(StatusOf(child), 128 + SIGTERM);
}

TEST(ChildProcessTest, WhatTheChildStartedEndsWithIt) {
  ChildProcess child(Shell("sleep 100 & echo $!"));
  std::string line(1, '\0');
  std::string digits;
  while (read(child.out_fd(), line.data(), 1) == 1 && line != "\n") digits += line;
  EXPECT_EQ(StatusOf(child), 0);
  const pid_t grandchild = std::stoi(digits);
  for (int look = 0; look < 500 && Runs(grandchild); ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  // Where nobody adopts orphans it stays a zombie; dead it is either way, for its pipe has closed.
  EXPECT_EQ(OutputOf(child), "");
}

TEST(ChildProcessTest, DestructionKills) {
  int out = -1;
  {
    ChildProcess child(Shell("sleep 100"));
    out = dup(child.out_fd());
  }
  char byte;
  EXPECT_EQ(read(out, &byte, 1), 0) << "the other end of the pipe is closed";
  close(out);
}

TEST(ChildProcessTest, AProgramThatIsNotThereIsNamed) {
  try {
    const ChildProcess child({.program = "/no/such/program", .arguments = {}, .environment = {}});
    FAIL();
  } catch (const c10::ValueError& error) {
    EXPECT_STREQ(error.what_without_backtrace(),
                 "cannot start /no/such/program: No such file or directory");
  }
}

}  // namespace
}  // namespace ring
