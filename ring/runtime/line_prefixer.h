// Passes a stream of text on, line by line, each with a word in front that says whose it is.
#ifndef RING_RUNTIME_LINE_PREFIXER_H_
#define RING_RUNTIME_LINE_PREFIXER_H_

#include <string>
#include <string_view>

namespace ring {

class LinePrefixer {
 public:
  // Lines go to `out_fd`, whole, so that those of several ranks do not mix.
  LinePrefixer(std::string prefix, int out_fd) : prefix_(std::move(prefix)), out_fd_(out_fd) {}

  // Takes what can be read from `in_fd` without waiting; does nothing for -1 or at the end.
  void PassOn(int in_fd);

  // Writes the last line even though nothing ended it.
  void Finish();

  // Nothing will come any more, or nothing ever did.
  bool at_end() const { return at_end_; }

 private:
  void Take(std::string_view text);
  void Write(std::string_view line);

  std::string prefix_;
  int out_fd_;
  std::string unfinished_;
  bool at_end_ = false;
};

}  // namespace ring

#endif  // RING_RUNTIME_LINE_PREFIXER_H_
