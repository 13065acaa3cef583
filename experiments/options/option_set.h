// The options of one command: declared once, read from files and flags, written back in full.
//
// An option has a dotted name ("model.layers"), a variable it fills, and a line of help. The value
// the variable holds when it is declared is the default. Values come, later ones winning, from
//
//   the default  <  --recipe NAME and --config FILE.cfg, in the order given  <  flags
//
// where a flag is `--model.layers=3`, `--model.layers 3` or `model.layers=3`, and a file is INI
// text whose sections become the first part of the name. What nobody declared is an error that
// names the nearest thing somebody did.
#ifndef EXPERIMENTS_OPTIONS_OPTION_SET_H_
#define EXPERIMENTS_OPTIONS_OPTION_SET_H_

#include "experiments/options/option_source.h"
#include "experiments/options/option_value.h"
#include "experiments/options/usage_error.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace experiments {

class OptionSet {
 public:
  // kDone: --help or --dry-run was asked for and has been printed to stdout; return 0.
  enum class Outcome { kRun, kDone };

  // `command` as typed, "train" or "dataset import"; `summary` a line without a full stop.
  OptionSet(std::string command, std::string summary);

  // Declares an option. `*target` is its default now and its value after Parse; it must outlive
  // this object. A bool needs no value: `--flag` means `--flag=true`. A vector collects repeated
  // flags and splits each value at commas.
  void Add(const std::string& name, OptionTarget target, const std::string& help);

  // The same for a word out of a list.
  void AddChoice(const std::string& name, std::string* target, std::vector<std::string> choices,
                 const std::string& help);

  // A command line that leaves out this declared option is a usage error.
  void Require(const std::string& name);

  // Takes a declared option back: --help and the resolved configuration pass over it, and giving it
  // a value is a usage error that ends in `reason`, "is an option of at, not of td3".
  void Withdraw(const std::string& name, const std::string& reason);

  // Arguments without a dash go to this declared option: to a vector all of them, whole (commas
  // stay), to anything else only one.
  void TakePositional(const std::string& name);

  // Shown at the end of the usage line: what the caller takes off the command line itself before
  // Parse sees it, "-- COMMAND ...".
  void ShowAtEndOfUsage(const std::string& tail);

  // Lets `--recipe NAME` stand for `--config folder/NAME.cfg`.
  void OfferRecipes(const std::filesystem::path& folder);

  // Fills the targets. Throws UsageError, leaving no doubt which flag, or which line of which file.
  Outcome Parse(std::span<const std::string> arguments);

  // The text that Parse would give the declared option `name`: for programs whose other defaults
  // depend on it. Fills no target, prints nothing; throws as Parse does for what cannot be read.
  std::string Peek(std::span<const std::string> arguments, const std::string& name) const;

  // The declared options that were not withdrawn, in the order declared.
  std::vector<std::string> Names() const;

  // Whether a file or a flag gave this option a value.
  bool IsSet(const std::string& name) const;

  // Every option with its value. The text is one that --config reads back to the same values.
  std::string ResolvedConfig() const;
  // The same as one flat object, dotted names for keys, values in their own type.
  nlohmann::json ResolvedJson() const;

  // What --help prints.
  std::string Help() const;

 private:
  struct Option {
    std::string name;
    OptionTarget target;
    std::string help;
    std::string default_text;
    std::vector<std::string> choices;  // empty: any value of the type
    bool required = false;
    bool is_set = false;
  };
  struct WithdrawnOption {
    DeclaredName declared;
    std::string reason;
  };

  CommandLine Read(std::span<const std::string> arguments) const;
  std::vector<std::vector<Assignment>> Sources(const CommandLine& line) const;
  const Option* Find(const std::string& name) const;
  Option& Declared(const std::string& name);
  void RefuseWithdrawn(const std::vector<Assignment>& assignments) const;
  [[noreturn]] void ThrowUnknown(const Assignment& assignment) const;
  void Apply(const std::vector<Assignment>& assignments);
  void Set(Option& option, std::vector<std::string> values, const std::string& place);
  void ApplyPositional(const std::vector<std::string>& words);
  std::vector<std::string> RecipeNames() const;
  std::filesystem::path ConfigFile(const Assignment& assignment) const;
  void CheckRequired() const;

  std::string command_;
  std::string summary_;
  std::vector<Option> options_;  // in the order declared, which is the order of --help
  std::vector<WithdrawnOption> withdrawn_;
  std::string positional_;  // the option that bare arguments go to, or empty
  std::string usage_tail_;  // empty, or with a space before it
  std::filesystem::path recipe_folder_;
};

}  // namespace experiments

#endif  // EXPERIMENTS_OPTIONS_OPTION_SET_H_
