#include "rl/agents/generator_state.h"

#include <locale>
#include <sstream>
#include <stdexcept>

namespace rl {

std::string GeneratorToText(const std::mt19937_64& rng) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << rng;
  return text.str();
}

std::mt19937_64 GeneratorFromText(const std::string& text) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  std::mt19937_64 rng;
  if (stream >> rng) return rng;
  throw std::invalid_argument(
      "the sampler's state in the checkpoint is not that of a std::mt19937_64; use a checkpoint "
      "written by this program");
}

}  // namespace rl
