#include "experiments/options/option_help.h"

#include <algorithm>

namespace experiments {
namespace {

// A name longer than this has its help start on the next line.
constexpr size_t kLongestLeft = 36;

std::string Left(const HelpEntry& entry) {
  return "  --" + entry.name + (entry.placeholder.empty() ? "" : " " + entry.placeholder);
}

std::string Prefix(const HelpEntry& entry) {
  const size_t dot = entry.name.find('.');
  return dot == std::string::npos ? "" : entry.name.substr(0, dot);
}

std::string FormatEntry(const HelpEntry& entry, size_t left_width) {
  const std::string indent(left_width + 2, ' ');
  std::string text = Left(entry);
  if (text.size() > left_width) {
    text += "\n" + indent;
  } else {
    text.resize(left_width + 2, ' ');
  }
  const int width = kHelpColumns - static_cast<int>(indent.size());
  const std::vector<std::string> lines = WrapText(entry.help, width);
  for (size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\n" + indent) + lines[i];
  return text + "\n";
}

}  // namespace

std::vector<std::string> WrapText(std::string_view text, int width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::string word(text.substr(0, text.find(' ')));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    std::string& line = lines.back();
    const bool fits = line.size() + 1 + word.size() <= static_cast<size_t>(width);
    if (line.empty()) {
      line = word;
    } else if (fits) {
      line += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

std::string FormatEntries(std::span<const HelpEntry> entries) {
  size_t left_width = 0;
  std::vector<std::string> prefixes{""};
  for (const HelpEntry& entry : entries) {
    const size_t width = Left(entry).size();
    if (width <= kLongestLeft) left_width = std::max(left_width, width);
    const std::string prefix = Prefix(entry);
    if (std::ranges::find(prefixes, prefix) == prefixes.end()) prefixes.push_back(prefix);
  }
  std::string text;
  for (const std::string& prefix : prefixes) {
    text += "\n" + (prefix.empty() ? "options" : prefix) + ":\n";
    for (const HelpEntry& entry : entries) {
      if (Prefix(entry) == prefix) text += FormatEntry(entry, left_width);
    }
  }
  return text;
}

}  // namespace experiments
