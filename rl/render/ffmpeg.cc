#include "rl/render/ffmpeg.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rl {
namespace {

constexpr int kPatienceSeconds = 60;

// What posix_spawnp is told, released at the end.
class SpawnPlan {
 public:
  SpawnPlan(int input, int messages) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, messages, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // 0, or the reason as errno has it.
  int Spawn(std::vector<std::string> words, pid_t* pid) const {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return posix_spawnp(pid, argv[0], &files_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

}  // namespace

FfmpegProcess::FfmpegProcess(const std::vector<std::string>& arguments) {
  std::array<int, 2> ends = {-1, -1};
  messages_ = memfd_create("ffmpeg messages", MFD_CLOEXEC);
  if (messages_ < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    const int why = errno;
    close(messages_);
    throw std::runtime_error(std::string("cannot start ffmpeg: ") + std::strerror(why));
  }
  input_ = ends[1];
  std::vector<std::string> words = {"ffmpeg"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const int why = SpawnPlan(ends[0], messages_).Spawn(words, &pid_);
  close(ends[0]);
  const timeval patience = {.tv_sec = kPatienceSeconds, .tv_usec = 0};
  setsockopt(input_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (why == 0) return;
  CloseInput();
  close(messages_);
  throw std::runtime_error(
      why == ENOENT
          ? "there is no ffmpeg to write an .mp4 with; apt-get install ffmpeg, or ask for a folder "
            "of PNG frames by a name that ends in /"
          : std::string("cannot start ffmpeg: ") + std::strerror(why));
}

FfmpegProcess::~FfmpegProcess() {
  CloseInput();
  if (pid_ > 0) {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(messages_);
}

void FfmpegProcess::CloseInput() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

void FfmpegProcess::Write(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(input_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) ThrowFailure("took no input");
    if (sent < 0) ThrowFailure("ended early");
    bytes = bytes.subspan(static_cast<size_t>(sent));
  }
}

void FfmpegProcess::Finish() {
  CloseInput();
  const int status = WaitForEnd();
  if (status != 0) ThrowFailure("failed with status " + std::to_string(status));
}

int FfmpegProcess::WaitForEnd() {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd ended = {.fd = fd, .events = POLLIN, .revents = 0};
  const int ready = poll(&ended, 1, kPatienceSeconds * 1000);
  close(fd);
  if (ready == 0) ThrowFailure("did not end");
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void FfmpegProcess::ThrowFailure(const std::string& what) {
  std::array<char, 2000> text;
  const ssize_t length = pread(messages_, text.data(), text.size(), 0);
  std::string said(text.data(), length > 0 ? static_cast<size_t>(length) : 0);
  said.erase(said.find_last_not_of(" \n") + 1);
  throw std::runtime_error("ffmpeg " + what + (said.empty() ? "" : ": " + said));
}

}  // namespace rl
