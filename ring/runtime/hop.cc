#include "ring/runtime/hop.h"

#include <c10/util/StringUtil.h>

namespace ring {
namespace {

const char* Name(Pass pass) {
  switch (pass) {
    case Pass::kForward:
      return "forward";
    case Pass::kBackward:
      return "backward";
    case Pass::kDecode:
      return "decode";
  }
  return "unknown pass";
}

}  // namespace

std::string Describe(const Hop& hop) {
  return c10::str(hop.cargo == Cargo::kGradients ? "gradients" : "keys and values", " of rank ",
                  hop.owner, " (layer ", hop.layer, ", ", Name(hop.pass), ", round ", hop.round,
                  ", ", hop.bytes, " bytes)");
}

}  // namespace ring
