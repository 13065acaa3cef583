// The ffmpeg program, fed through its standard input.
#ifndef RL_RENDER_FFMPEG_H_
#define RL_RENDER_FFMPEG_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace rl {

// Looked up in PATH. It is in a process group of its own, so that a key pressed on the terminal
// does not end it, and ends with this process, for its input ends then.
class FfmpegProcess {
 public:
  // Throws std::runtime_error when there is none; the message says what to install.
  explicit FfmpegProcess(const std::vector<std::string>& arguments);
  ~FfmpegProcess();  // kills it, unless it was finished
  FfmpegProcess(const FfmpegProcess&) = delete;
  FfmpegProcess& operator=(const FfmpegProcess&) = delete;

  // Both throw std::runtime_error with what ffmpeg had to say when it ended badly, or did nothing
  // for a minute.
  void Write(std::span<const uint8_t> bytes);
  void Finish();  // ends its input and waits until it is through

 private:
  [[noreturn]] void ThrowFailure(const std::string& what);
  int WaitForEnd();
  void CloseInput();

  pid_t pid_ = -1;
  int input_ = -1;     // a socket, for a pipe that nobody reads raises SIGPIPE
  int messages_ = -1;  // its stderr, in memory
};

}  // namespace rl

#endif  // RL_RENDER_FFMPEG_H_
