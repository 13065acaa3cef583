#include "experiments/report/html.h"

#include "experiments/report/style_sheet.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace experiments {

std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string RenderTable(const Table& table) {
  std::string html = "<div class=\"table\"><table>\n";
  if (!table.header.empty()) {
    html += "<thead><tr>";
    for (const std::string& cell : table.header) html += "<th scope=\"col\">" + cell + "</th>";
    html += "</tr></thead>\n";
  }
  html += "<tbody>\n";
  for (const std::vector<std::string>& row : table.rows) {
    html += "<tr>";
    for (size_t column = 0; column < row.size(); ++column) {
      html +=
          column == 0 ? "<th scope=\"row\">" + row[0] + "</th>" : "<td>" + row[column] + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table></div>\n";
}

std::string DataUri(std::string_view media_type, std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string uri = "data:" + std::string(media_type) + ";base64,";
  for (size_t begin = 0; begin < bytes.size(); begin += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - begin);
    uint32_t group = 0;  // three bytes are four digits of six bits
    for (size_t i = 0; i < count; ++i) {
      group |= std::to_integer<uint32_t>(bytes[begin + i]) << (16 - 8 * i);
    }
    for (size_t digit = 0; digit < 4; ++digit) {
      uri += digit <= count ? kDigits[group >> (18 - 6 * digit) & 63] : '=';
    }
  }
  return uri;
}

std::string RenderPage(std::string_view title, std::string_view body) {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<meta name=\"color-scheme\" content=\"light dark\">\n";
  html += "<title>" + Escape(title) + "</title>\n<style>\n";
  html += kStyleSheet;
  html += "</style>\n</head>\n<body>\n<main>\n";
  html += body;
  return html + "</main>\n</body>\n</html>\n";
}

std::string FormatNumber(double value, int decimals) {
  if (!std::isfinite(value)) return "–";
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", decimals, value);
  return text;
}

}  // namespace experiments
