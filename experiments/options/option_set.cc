#include "experiments/options/option_set.h"

#include "experiments/options/nearest_match.h"
#include "experiments/options/option_help.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace experiments {
namespace {

// Options of every command. They say where values come from, so a file cannot set them.
constexpr const char* kConfig = "config";
constexpr const char* kRecipe = "recipe";
constexpr const char* kDryRun = "dry-run";
constexpr const char* kHelp = "help";

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t comma = text.find(','); comma != std::string::npos; comma = text.find(',', begin)) {
    parts.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string Join(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

}  // namespace

OptionSet::OptionSet(std::string command, std::string summary)
    : command_(std::move(command)), summary_(std::move(summary)) {}

void OptionSet::Add(const std::string& name, OptionTarget target, const std::string& help) {
  if (Find(name) != nullptr) throw std::logic_error("option " + name + " is declared twice");
  options_.push_back({.name = name,
                      .target = target,
                      .help = help,
                      .default_text = Join(FormatValues(target), ","),
                      .choices = {}});
}

void OptionSet::AddChoice(const std::string& name, std::string* target,
                          std::vector<std::string> choices, const std::string& help) {
  Add(name, target, help);
  options_.back().choices = std::move(choices);
}

void OptionSet::Require(const std::string& name) { Declared(name).required = true; }

void OptionSet::Withdraw(const std::string& name, const std::string& reason) {
  const Option& option = Declared(name);
  withdrawn_.push_back({{name, IsBool(option.target)}, reason});
  std::erase_if(options_, [&name](const Option& each) { return each.name == name; });
}

void OptionSet::TakePositional(const std::string& name) {
  Declared(name);
  positional_ = name;
}

void OptionSet::ShowAtEndOfUsage(const std::string& tail) { usage_tail_ = " " + tail; }

void OptionSet::OfferRecipes(const std::filesystem::path& folder) { recipe_folder_ = folder; }

CommandLine OptionSet::Read(std::span<const std::string> arguments) const {
  std::vector<DeclaredName> declared{
      {kConfig}, {kRecipe}, {kDryRun, /*is_bool=*/true}, {kHelp, /*is_bool=*/true}};
  for (const Option& option : options_) declared.push_back({option.name, IsBool(option.target)});
  for (const WithdrawnOption& option : withdrawn_) declared.push_back(option.declared);
  return ReadCommandLine(arguments, declared);
}

// The assignments of every file, then those of the flags: the order they apply in.
std::vector<std::vector<Assignment>> OptionSet::Sources(const CommandLine& line) const {
  std::vector<std::vector<Assignment>> sources;
  std::vector<Assignment> flags;
  for (const Assignment& assignment : line.assignments) {
    const bool is_file =
        assignment.name == kConfig || (assignment.name == kRecipe && !recipe_folder_.empty());
    if (is_file) {
      sources.push_back(ReadConfigFile(ConfigFile(assignment)));
    } else if (assignment.name != kHelp && assignment.name != kDryRun) {
      flags.push_back(assignment);
    }
  }
  sources.push_back(std::move(flags));
  return sources;
}

OptionSet::Outcome OptionSet::Parse(std::span<const std::string> arguments) {
  const CommandLine line = Read(arguments);
  const auto gives = [&line](std::string_view name) {
    return std::ranges::any_of(line.assignments,
                               [name](const Assignment& given) { return given.name == name; });
  };
  if (gives(kHelp)) {
    std::fputs(Help().c_str(), stdout);
    return Outcome::kDone;
  }
  for (const std::vector<Assignment>& source : Sources(line)) Apply(source);
  ApplyPositional(line.positional);
  CheckRequired();
  if (!gives(kDryRun)) return Outcome::kRun;
  std::fputs(ResolvedConfig().c_str(), stdout);
  return Outcome::kDone;
}

std::string OptionSet::Peek(std::span<const std::string> arguments, const std::string& name) const {
  std::string value = Find(name)->default_text;
  for (const std::vector<Assignment>& source : Sources(Read(arguments))) {
    for (const Assignment& assignment : source) {
      if (assignment.name == name) value = assignment.value;
    }
  }
  return value;
}

std::vector<std::string> OptionSet::Names() const {
  std::vector<std::string> names;
  for (const Option& option : options_) names.push_back(option.name);
  return names;
}

bool OptionSet::IsSet(const std::string& name) const {
  const Option* const option = Find(name);
  return option != nullptr && option->is_set;
}

std::string OptionSet::ResolvedConfig() const {
  std::string text = "# ringrl " + command_ + "\n";
  std::vector<std::string> sections{""};
  const auto section_of = [](const Option& option) {
    const size_t dot = option.name.find('.');
    return dot == std::string::npos ? "" : option.name.substr(0, dot);
  };
  for (const Option& option : options_) {
    const std::string section = section_of(option);
    if (std::ranges::find(sections, section) == sections.end()) sections.push_back(section);
  }
  for (const std::string& section : sections) {
    if (!section.empty()) text += "\n[" + section + "]\n";
    for (const Option& option : options_) {
      if (section_of(option) != section) continue;
      const std::string key =
          section.empty() ? option.name : option.name.substr(section.size() + 1);
      for (const std::string& value : FormatValues(option.target)) {
        text += key + " = " + value + "\n";
      }
    }
  }
  return text;
}

nlohmann::json OptionSet::ResolvedJson() const {
  nlohmann::json resolved = nlohmann::json::object();
  for (const Option& option : options_) resolved[option.name] = ValueToJson(option.target);
  return resolved;
}

std::string OptionSet::Help() const {
  std::string text = "ringrl " + command_ + ": " + summary_ + "\n\nusage: ringrl " + command_;
  std::vector<HelpEntry> entries;
  for (const Option& option : options_) {
    const std::string placeholder = Placeholder(option.target);
    if (option.required && option.name != positional_) {
      text += " --" + option.name + " " + placeholder;
    }
    std::string help = option.help;
    if (!option.choices.empty()) help += "; one of " + Join(option.choices, ", ");
    if (option.required) {
      help += " (required)";
    } else if (!option.default_text.empty()) {
      help += " [" + option.default_text + "]";
    }
    entries.push_back({option.name, placeholder, help});
  }
  if (!positional_.empty())
    text += " " + positional_ + (IsVector(Find(positional_)->target) ? "..." : "");
  text += " [options]" + usage_tail_ + "\n";
  if (!recipe_folder_.empty()) {
    entries.push_back(
        {kRecipe, "NAME",
         "a configuration that comes with the program: " + Join(RecipeNames(), ", ")});
  }
  entries.push_back({kConfig, "FILE.cfg",
                     "read options from an INI file; may be repeated, later "
                     "files win, flags win over files"});
  entries.push_back({kDryRun, "", "print the resolved configuration and stop"});
  entries.push_back({kHelp, "", "print this and stop"});
  return text + FormatEntries(entries);
}

const OptionSet::Option* OptionSet::Find(const std::string& name) const {
  const auto found = std::ranges::find(options_, name, &Option::name);
  return found == options_.end() ? nullptr : &*found;
}

OptionSet::Option& OptionSet::Declared(const std::string& name) {
  const auto found = std::ranges::find(options_, name, &Option::name);
  if (found == options_.end()) throw std::logic_error("option " + name + " is not declared");
  return *found;
}

void OptionSet::ThrowUnknown(const Assignment& assignment) const {
  std::vector<std::string> names = Names();
  if (assignment.place.starts_with("--")) {
    names.insert(names.end(), {kConfig, kDryRun, kHelp});
    if (!recipe_folder_.empty()) names.push_back(kRecipe);
    throw UsageError("unknown option " + assignment.place +
                     DidYouMean(assignment.name, names, "--"));
  }
  throw UsageError(assignment.place + " is not an option of " + command_ +
                   DidYouMean(assignment.name, names));
}

// All of them at once: who takes a configuration made for something else has given several.
void OptionSet::RefuseWithdrawn(const std::vector<Assignment>& assignments) const {
  std::string message;
  for (const Assignment& assignment : assignments) {
    const auto found = std::ranges::find_if(withdrawn_, [&](const WithdrawnOption& option) {
      return option.declared.name == assignment.name;
    });
    if (found == withdrawn_.end()) continue;
    if (message.empty()) {
      message = assignment.place + " " + found->reason;
    } else {
      message += (message.find(';') == std::string::npos ? "; what does not fit either: " : ", ") +
                 assignment.name;
    }
  }
  if (!message.empty()) throw UsageError(message);
}

void OptionSet::Apply(const std::vector<Assignment>& assignments) {
  RefuseWithdrawn(assignments);
  // One source's values for one name belong together: a list takes them all.
  std::vector<std::pair<const Assignment*, std::vector<std::string>>> grouped;
  for (const Assignment& assignment : assignments) {
    if (Find(assignment.name) == nullptr) ThrowUnknown(assignment);
    const auto group = std::ranges::find_if(
        grouped, [&](const auto& entry) { return entry.first->name == assignment.name; });
    if (group == grouped.end()) {
      grouped.push_back({&assignment, {assignment.value}});
    } else {
      group->first = &assignment;
      group->second.push_back(assignment.value);
    }
  }
  for (const auto& [last, values] : grouped) Set(Declared(last->name), values, last->place);
}

void OptionSet::Set(Option& option, std::vector<std::string> values, const std::string& place) {
  if (IsVector(option.target) && option.name != positional_) {
    std::vector<std::string> parts;
    for (const std::string& value : values) {
      for (std::string& part : SplitAtCommas(value)) parts.push_back(std::move(part));
    }
    values = std::move(parts);
  }
  const bool chosen = option.choices.empty() ||
                      std::ranges::find(option.choices, values.back()) != option.choices.end();
  if (!chosen) {
    throw UsageError(place + ": '" + values.back() + "' is not one of " +
                     Join(option.choices, ", ") + DidYouMean(values.back(), option.choices));
  }
  if (!ParseValues(values, option.target)) {
    throw UsageError(place + ": '" + values.back() + "' is not " + TypeText(option.target));
  }
  option.is_set = true;
}

void OptionSet::ApplyPositional(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word.size() > 1 && word[0] == '-') ThrowUnknown({word.substr(1), "", "-" + word});
  }
  if (words.empty()) return;
  const bool takes_all = !positional_.empty() && IsVector(Find(positional_)->target);
  const size_t accepted = takes_all ? words.size() : (positional_.empty() ? 0 : 1);
  if (words.size() > accepted) {
    throw UsageError("unexpected argument '" + words[accepted] + "' (options begin with --)");
  }
  Set(Declared(positional_), words, positional_);
}

std::vector<std::string> OptionSet::RecipeNames() const {
  std::vector<std::string> names;
  std::error_code missing;  // a folder that is not there holds no recipes
  for (const auto& entry : std::filesystem::directory_iterator(recipe_folder_, missing)) {
    if (entry.path().extension() == ".cfg") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::filesystem::path OptionSet::ConfigFile(const Assignment& assignment) const {
  if (assignment.name == kConfig) return assignment.value;
  const std::vector<std::string> names = RecipeNames();
  if (std::ranges::find(names, assignment.value) == names.end()) {
    throw UsageError("no recipe is called '" + assignment.value + "' in " +
                     recipe_folder_.string() + DidYouMean(assignment.value, names));
  }
  return recipe_folder_ / (assignment.value + ".cfg");
}

void OptionSet::CheckRequired() const {
  for (const Option& option : options_) {
    if (option.required && !option.is_set) {
      throw UsageError("--" + option.name + " is required: " + option.help);
    }
  }
}

}  // namespace experiments
