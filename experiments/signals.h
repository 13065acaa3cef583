// SIGINT and SIGTERM ask long work to stop at its next safe point.
//
// While a StopSignal lives, the first signal only sets a flag: the loop finishes its step, writes a
// checkpoint and returns exit_status(). The second one ends the process at once, as it would have
// without us.
#ifndef EXPERIMENTS_SIGNALS_H_
#define EXPERIMENTS_SIGNALS_H_

namespace experiments {

class StopSignal {
 public:
  StopSignal();   // REQUIRES: no other StopSignal lives
  ~StopSignal();  // signals end the process again
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Whether a signal has come.
  bool requested() const;
  // 130 after SIGINT, 143 after SIGTERM, 0 before either: what the shell expects.
  int exit_status() const;
};

}  // namespace experiments

#endif  // EXPERIMENTS_SIGNALS_H_
