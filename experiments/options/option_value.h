// The types an option may have, and their values as text.
//
// ParseValues(FormatValues(x)) gives x back for every type, doubles included, which is what makes a
// printed configuration a file that repeats the run.
#ifndef EXPERIMENTS_OPTIONS_OPTION_VALUE_H_
#define EXPERIMENTS_OPTIONS_OPTION_VALUE_H_

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace experiments {

// The variable that an option fills. Never null.
using OptionTarget = std::variant<bool*, int*, int64_t*, uint64_t*, double*, std::string*,
                                  std::filesystem::path*, std::vector<std::string>*>;

// Replaces the target's value: a vector takes all of `values`, {""} meaning none, anything else the
// last of them. Returns false, and leaves the target as it was, when that is not of its type.
// REQUIRES: values is not empty.
bool ParseValues(const std::vector<std::string>& values, const OptionTarget& target);

// The value as text, a vector as one text per element; {""} for an empty vector.
std::vector<std::string> FormatValues(const OptionTarget& target);

nlohmann::json ValueToJson(const OptionTarget& target);

// What a value must be, for an error message: "a whole number".
std::string TypeText(const OptionTarget& target);

// What stands for the value in --help: "N", "X", "PATH"; empty for a bool.
std::string Placeholder(const OptionTarget& target);

bool IsBool(const OptionTarget& target);
bool IsVector(const OptionTarget& target);

}  // namespace experiments

#endif  // EXPERIMENTS_OPTIONS_OPTION_VALUE_H_
