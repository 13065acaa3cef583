#include "experiments/options/option_value.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <concepts>
#include <system_error>
#include <type_traits>

namespace experiments {
namespace {

// One overload per type; true when `text` is a whole value of it.
bool ParseOne(const std::string& text, bool& value) {
  const bool yes = text == "true" || text == "1" || text == "on" || text == "yes";
  const bool no = text == "false" || text == "0" || text == "off" || text == "no";
  if (yes || no) value = yes;
  return yes || no;
}

template <class Number>
requires std::integral<Number> || std::floating_point<Number>
bool ParseOne(const std::string& text, Number& value) {
  Number parsed{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, parsed);
  if (error != std::errc() || stop != end) return false;
  if constexpr (std::floating_point<Number>) {
    if (std::isnan(parsed)) return false;
  }
  value = parsed;
  return true;
}

bool ParseOne(const std::string& text, std::string& value) {
  value = text;
  return true;
}

bool ParseOne(const std::string& text, std::filesystem::path& value) {
  value = text;
  return true;
}

std::string FormatOne(bool value) { return value ? "true" : "false"; }
std::string FormatOne(const std::string& value) { return value; }
std::string FormatOne(const std::filesystem::path& value) { return value.string(); }

template <class Number>
requires std::integral<Number> || std::floating_point<Number> std::string FormatOne(Number value) {
  char text[64];  // the shortest text that reads back to the same number
  const auto [end, error] = std::to_chars(text, text + sizeof(text), value);
  return {text, end};
}

}  // namespace

bool ParseValues(const std::vector<std::string>& values, const OptionTarget& target) {
  return std::visit(
      [&](auto* variable) {
        using Value = std::remove_pointer_t<decltype(variable)>;
        if constexpr (std::same_as<Value, std::vector<std::string>>) {
          const bool none = values.size() == 1 && values[0].empty();
          *variable = none ? Value{} : values;
          return true;
        } else {
          return ParseOne(values.back(), *variable);
        }
      },
      target);
}

std::vector<std::string> FormatValues(const OptionTarget& target) {
  return std::visit(
      [](const auto* variable) -> std::vector<std::string> {
        using Value = std::remove_cvref_t<decltype(*variable)>;
        if constexpr (std::same_as<Value, std::vector<std::string>>) {
          return variable->empty() ? Value{""} : *variable;
        } else {
          return {FormatOne(*variable)};
        }
      },
      target);
}

nlohmann::json ValueToJson(const OptionTarget& target) {
  return std::visit(
      [](const auto* variable) -> nlohmann::json {
        using Value = std::remove_cvref_t<decltype(*variable)>;
        if constexpr (std::same_as<Value, std::filesystem::path>) {
          return variable->string();
        } else {
          return *variable;
        }
      },
      target);
}

std::string TypeText(const OptionTarget& target) {
  struct Name {
    std::string operator()(const bool*) const { return "true or false"; }
    std::string operator()(const int*) const { return "a whole number"; }
    std::string operator()(const int64_t*) const { return "a whole number"; }
    std::string operator()(const uint64_t*) const { return "a whole number from 0"; }
    std::string operator()(const double*) const { return "a number"; }
    std::string operator()(const std::string*) const { return "a word"; }
    std::string operator()(const std::filesystem::path*) const { return "a path"; }
    std::string operator()(const std::vector<std::string>*) const { return "a list"; }
  };
  return std::visit(Name{}, target);
}

std::string Placeholder(const OptionTarget& target) {
  struct Name {
    std::string operator()(const bool*) const { return ""; }
    std::string operator()(const int*) const { return "N"; }
    std::string operator()(const int64_t*) const { return "N"; }
    std::string operator()(const uint64_t*) const { return "N"; }
    std::string operator()(const double*) const { return "X"; }
    std::string operator()(const std::string*) const { return "NAME"; }
    std::string operator()(const std::filesystem::path*) const { return "PATH"; }
    std::string operator()(const std::vector<std::string>*) const { return "A,B,..."; }
  };
  return std::visit(Name{}, target);
}

bool IsBool(const OptionTarget& target) { return std::holds_alternative<bool*>(target); }
bool IsVector(const OptionTarget& target) {
  return std::holds_alternative<std::vector<std::string>*>(target);
}

}  // namespace experiments
