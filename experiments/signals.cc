#include "experiments/signals.h"

#include <csignal>
#include <stdexcept>

namespace experiments {
namespace {

// A handler can reach nothing but a global.
volatile std::sig_atomic_t received_signal = 0;
bool is_listening = false;

extern "C" void NoteSignal(int signal) {
  received_signal = signal;
  std::signal(signal, SIG_DFL);  // the next one ends the process
}

}  // namespace

StopSignal::StopSignal() {
  if (is_listening) throw std::logic_error("a StopSignal is alive already");
  is_listening = true;
  received_signal = 0;
  std::signal(SIGINT, NoteSignal);
  std::signal(SIGTERM, NoteSignal);
}

StopSignal::~StopSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  is_listening = false;
}

bool StopSignal::requested() const { return received_signal != 0; }

int StopSignal::exit_status() const { return received_signal == 0 ? 0 : 128 + received_signal; }

}  // namespace experiments
