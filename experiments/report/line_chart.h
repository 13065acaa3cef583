// A chart as inline SVG, drawn by hand: lines with bands, points, bars, reference lines, ticks and
// a legend.
//
// Series differ in color and in dash, so the chart reads without color too. Colors come from the
// page's style sheet, which is what lets one drawing serve the light and the dark scheme.
#ifndef EXPERIMENTS_REPORT_LINE_CHART_H_
#define EXPERIMENTS_REPORT_LINE_CHART_H_

#include <span>
#include <string>
#include <vector>

namespace experiments {

struct Series {
  enum class Mark { kLine, kLineAndDots, kDots, kBars };

  std::string name;  // in the legend; empty keeps it out
  std::vector<double> x;
  std::vector<double> y;  // as many as x; what is not finite is left out and breaks no line
  Mark mark = Mark::kLine;
  int color = 0;  // 0..7; lines of color n > 0 are dashed in their own way too

  // A band around the line: as many as x, or none. Points where it is not finite have no band.
  std::vector<double> low = {}, high = {};
  double bar_width = 0;  // of kBars, around x and up from 0, in the unit of x
};

struct ReferenceLine {
  std::string name;
  double y = 0;
};

struct Chart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Series> series;
  std::vector<ReferenceLine> references;
  bool log_y = false;      // ignored when a value is not positive
  bool from_zero = false;  // the y axis includes 0
  bool margin_x = false;   // half a unit of room left and right: for x = 1, 2, 3 ...
};

// A <figure>. A chart without a single finite point is a figure that says so.
std::string RenderChart(const Chart& chart);

}  // namespace experiments

#endif  // EXPERIMENTS_REPORT_LINE_CHART_H_
