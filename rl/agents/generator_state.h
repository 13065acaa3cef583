// The state of a random generator as text, for checkpoints.
#ifndef RL_AGENTS_GENERATOR_STATE_H_
#define RL_AGENTS_GENERATOR_STATE_H_

#include <random>
#include <string>

namespace rl {

// Decimal numbers, the same in every locale.
std::string GeneratorToText(const std::mt19937_64& rng);

// The inverse; std::invalid_argument when the text is not such a state.
std::mt19937_64 GeneratorFromText(const std::string& text);

}  // namespace rl

#endif  // RL_AGENTS_GENERATOR_STATE_H_
