#include "experiments/report/line_chart.h"

#include "experiments/report/axis.h"
#include "experiments/report/html.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <limits>

namespace experiments {
namespace {

// The drawing's own units; the page scales it. The left margin holds "0.0025" in the large type of
// narrow screens.
constexpr double kWidth = 640;
constexpr double kHeight = 340;
constexpr double kLeft = 84;
constexpr double kRight = 34;
constexpr double kTop = 14;
constexpr double kBottom = 62;

// Numbers in SVG with one decimal: a tenth of a unit is below what a screen shows.
__attribute__((format(printf, 1, 2))) std::string Print(const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  return text;
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void Include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

bool IsDrawn(const Series& series, size_t i) {
  return std::isfinite(series.x[i]) && std::isfinite(series.y[i]);
}

bool HasBand(const Series& series, size_t i) {
  return i < series.low.size() && std::isfinite(series.x[i]) && std::isfinite(series.low[i]) &&
         std::isfinite(series.high[i]);
}

class Drawing {
 public:
  Drawing(const Axis& x, const Axis& y) : x_axis_(x), y_axis_(y) {}

  std::string Axes(const Chart& chart) const;
  std::string References(const Chart& chart) const;
  std::string Band(const Series& series) const;
  std::string Draw(const Series& series) const;

 private:
  std::string Bars(const Series& series) const;
  double X(double value) const {
    return kLeft + (kWidth - kLeft - kRight) * x_axis_.Position(value);
  }
  double Y(double value) const {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * y_axis_.Position(value);
  }

  const Axis& x_axis_;
  const Axis& y_axis_;
};

std::string Drawing::Axes(const Chart& chart) const {
  std::string svg;
  for (const double tick : y_axis_.ticks()) {
    svg += Print("<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n", kLeft,
                 kWidth - kRight, Y(tick), Y(tick));
    svg += Print("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" dominant-baseline=\"middle\">",
                 kLeft - 10, Y(tick)) +
           TickLabel(tick) + "</text>\n";
  }
  const double floor = kHeight - kBottom;
  for (const double tick : x_axis_.ticks()) {
    svg += Print("<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
                 X(tick), X(tick), floor, floor + 5);
    svg += Print("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", X(tick), floor + 25) +
           TickLabel(tick) + "</text>\n";
  }
  const double middle = (kLeft + kWidth - kRight) / 2;
  svg += Print("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", middle, kHeight - 8) +
         Escape(chart.x_label) + "</text>\n";
  return svg;
}

std::string Drawing::References(const Chart& chart) const {
  std::string svg;
  for (const ReferenceLine& line : chart.references) {
    if (!std::isfinite(line.y)) continue;
    svg += Print("<line class=\"reference\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
                 kLeft, kWidth - kRight, Y(line.y), Y(line.y));
    // Above the line, or below it where the drawing ends above.
    const double text = Y(line.y) < kTop + 20 ? Y(line.y) + 22 : Y(line.y) - 6;
    svg += Print("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", kWidth - kRight - 4, text) +
           Escape(line.name) + "</text>\n";
  }
  return svg;
}

// There along the upper edge, back along the lower.
std::string Drawing::Band(const Series& series) const {
  std::string there, back;
  for (size_t i = 0; i < series.low.size(); ++i) {
    if (!HasBand(series, i)) continue;
    there += Print("%.1f,%.1f ", X(series.x[i]), Y(series.high[i]));
    back = Print("%.1f,%.1f ", X(series.x[i]), Y(series.low[i])) + back;
  }
  if (there.empty()) return {};
  return Print("<polygon class=\"band s%d\" points=\"", series.color) + there + back + "\"/>\n";
}

std::string Drawing::Bars(const Series& series) const {
  std::string bars;
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (!IsDrawn(series, i) || series.y[i] == 0) continue;
    const double left = X(series.x[i] - series.bar_width / 2);
    const double right = X(series.x[i] + series.bar_width / 2);
    bars +=
        Print("<rect class=\"bar s%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
              series.color, left, Y(series.y[i]), right - left, Y(0) - Y(series.y[i]));
  }
  return bars;
}

std::string Drawing::Draw(const Series& series) const {
  if (series.mark == Series::Mark::kBars) return Bars(series);
  std::string points;
  std::string dots;
  const bool faint = series.mark == Series::Mark::kDots;
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (!IsDrawn(series, i)) continue;
    const double x = X(series.x[i]);
    const double y = Y(series.y[i]);
    points += Print("%.1f,%.1f ", x, y);
    dots += Print("<circle class=\"dot s%d%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>\n", series.color,
                  faint ? " faint" : "", x, y, faint ? "4.5" : "4");
  }
  if (series.mark == Series::Mark::kDots) return dots;
  const std::string line =
      Print("<polyline class=\"line s%d d%d\" points=\"", series.color, series.color) + points +
      "\"/>\n";
  return series.mark == Series::Mark::kLine ? line : line + dots;
}

std::string Legend(const Chart& chart) {
  std::string html = "<ul class=\"legend\">";
  for (const Series& series : chart.series) {
    if (series.name.empty()) continue;
    html += "<li><svg viewBox=\"0 0 26 10\" aria-hidden=\"true\">";
    if (series.mark == Series::Mark::kBars) {
      html += Print("<rect class=\"bar s%d\" x=\"6\" y=\"0\" width=\"14\" height=\"10\"/>",
                    series.color);
    } else if (series.mark == Series::Mark::kDots) {
      html += Print("<circle class=\"dot s%d faint\" cx=\"13\" cy=\"5\" r=\"4\"/>", series.color);
    } else {
      html += Print("<line class=\"line s%d d%d\" x1=\"1\" x2=\"25\" y1=\"5\" y2=\"5\"/>",
                    series.color, series.color);
    }
    html += "</svg>" + Escape(series.name) + "</li>";
  }
  return html + "</ul>\n";
}

Axis MakeXAxis(const Range& x, const Chart& chart) {
  if (chart.margin_x) {
    return Axis::Whole(x.low - 0.5, x.high + 0.5, /*num_ticks=*/12);
  }
  return Axis::Whole(x.low, x.high, /*num_ticks=*/5);
}

}  // namespace

std::string RenderChart(const Chart& chart) {
  Range x;
  Range y;
  for (const Series& series : chart.series) {
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (!IsDrawn(series, i)) continue;
      x.Include(series.x[i] - series.bar_width / 2);
      x.Include(series.x[i] + series.bar_width / 2);
      y.Include(series.y[i]);
      if (!HasBand(series, i)) continue;
      y.Include(series.low[i]);
      y.Include(series.high[i]);
    }
    if (series.mark == Series::Mark::kBars) y.Include(0);
  }
  const std::string caption = "<figcaption>" + Escape(chart.title) + " <small>" +
                              Escape(chart.y_label) + "</small></figcaption>\n";
  if (x.empty()) {
    return "<figure>" + caption + "<p class=\"note\">Nothing was recorded.</p></figure>\n";
  }
  for (const ReferenceLine& line : chart.references) {
    if (std::isfinite(line.y)) y.Include(line.y);
  }
  if (chart.from_zero) y.Include(0);
  const Axis x_axis = MakeXAxis(x, chart);
  const Axis y_axis = Axis::Covering(y.low, y.high, /*num_ticks=*/5, chart.log_y && y.low > 0);
  const Drawing drawing(x_axis, y_axis);

  std::string html = "<figure>" + caption + Legend(chart);
  html += Print("<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"", kWidth, kHeight) +
          Escape(chart.title + ": " + chart.y_label + " over " + chart.x_label) + "\">\n";
  html += drawing.Axes(chart) + drawing.References(chart);
  for (const Series& series : chart.series) html += drawing.Band(series);
  for (const Series& series : chart.series) html += drawing.Draw(series);
  return html + "</svg></figure>\n";
}

}  // namespace experiments
