// Small pieces of HTML: escaping, tables, the page around them.
#ifndef EXPERIMENTS_REPORT_HTML_H_
#define EXPERIMENTS_REPORT_HTML_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace experiments {

// The text with & < > " replaced, safe between tags and in a quoted attribute.
std::string Escape(std::string_view text);

// Cells are HTML already. Columns after the first are numbers and align right.
struct Table {
  std::vector<std::string> header;  // empty: no header row
  std::vector<std::vector<std::string>> rows;
};
std::string RenderTable(const Table& table);

// "data:image/png;base64,...": a file's content as an address, so that a page needs no other file.
std::string DataUri(std::string_view media_type, std::span<const std::byte> bytes);

// One self-contained document: style inside, no script, nothing to load. `title` is plain text,
// `body` HTML.
std::string RenderPage(std::string_view title, std::string_view body);

// "563.2", with `decimals` digits; "–" for a number that is not finite.
std::string FormatNumber(double value, int decimals);

}  // namespace experiments

#endif  // EXPERIMENTS_REPORT_HTML_H_
