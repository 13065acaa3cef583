// The layout of --help: names on the left, help wrapped on the right, grouped by the first part of
// the dotted name, within 100 columns.
#ifndef EXPERIMENTS_OPTIONS_OPTION_HELP_H_
#define EXPERIMENTS_OPTIONS_OPTION_HELP_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace experiments {

inline constexpr int kHelpColumns = 100;

struct HelpEntry {
  std::string name;         // dotted, without dashes
  std::string placeholder;  // "N", or empty for a flag
  std::string help;         // default or "required" included
};

// Entries without a dot come first under `options`; each other prefix is a group of its own, in the
// order in which the prefixes appear.
std::string FormatEntries(std::span<const HelpEntry> entries);

// Breaks `text` at spaces into lines of at most `width` columns. A longer word stays whole.
std::vector<std::string> WrapText(std::string_view text, int width);

}  // namespace experiments

#endif  // EXPERIMENTS_OPTIONS_OPTION_HELP_H_
