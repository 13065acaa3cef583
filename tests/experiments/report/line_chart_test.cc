#include "experiments/report/line_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <regex>
#include <string>

namespace experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Chart Ramp() {
  Chart chart;
  chart.title = "Loss";
  chart.x_label = "step";
  chart.series = {{.name = "training", .x = {0, 50, 100}, .y = {0, 50, 100}}};
  return chart;
}

// The points of the first polyline, as drawn.
std::string Points(const std::string& svg) {
  std::smatch match;
  const std::regex pattern("points=\"([^\"]*)\"");
  return std::regex_search(svg, match, pattern) ? match[1].str() : "none";
}

TEST(RenderChartTest, DrawsValuesWhereTheAxesSay) {
  // Plot area: x 84 to 606, y 278 (low) to 14 (high).
  EXPECT_EQ(Points(RenderChart(Ramp())), "84.0,278.0 345.0,146.0 606.0,14.0 ");
}

TEST(RenderChartTest, LeavesOutWhatIsNotFinite) {
  Chart chart = Ramp();
  chart.series[0].y[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Points(RenderChart(chart)), "84.0,278.0 606.0,14.0 ");
}

TEST(RenderChartTest, LabelsTicksAndSeries) {
  const std::string html = RenderChart(Ramp());
  EXPECT_THAT(html, HasSubstr(">20</text>"));
  EXPECT_THAT(html, HasSubstr("training</li>"));
  EXPECT_THAT(html, HasSubstr(">step</text>"));
}

TEST(RenderChartTest, DrawsABandThereAndBackAndMakesRoomForIt) {
  Chart chart = Ramp();
  chart.series[0].low = {0, 0, 0};
  chart.series[0].high = {0, 100, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_EQ(Points(RenderChart(chart)), "84.0,278.0 345.0,14.0 345.0,278.0 84.0,278.0 ");
  chart.series[0].high[1] = 200;
  EXPECT_THAT(RenderChart(chart), HasSubstr(">200</text>"));
}

TEST(RenderChartTest, BarsStandOnZeroAroundTheirMiddle) {
  Chart chart = Ramp();
  chart.series = {{.name = "episodes",
                   .x = {25, 75},
                   .y = {5, 10},
                   .mark = Series::Mark::kBars,
                   .bar_width = 50}};
  const std::string svg = RenderChart(chart);
  EXPECT_THAT(svg, HasSubstr("x=\"84.0\" y=\"146.0\" width=\"261.0\" height=\"132.0\""));
  EXPECT_THAT(svg, HasSubstr("x=\"345.0\" y=\"14.0\" width=\"261.0\" height=\"264.0\""));
}

TEST(RenderChartTest, MakesRoomForReferenceLines) {
  Chart chart = Ramp();
  chart.references = {{"best in the data", 200}};
  const std::string html = RenderChart(chart);
  EXPECT_THAT(html, HasSubstr("best in the data"));
  EXPECT_THAT(html, HasSubstr("y1=\"14.0\" y2=\"14.0\""));
}

TEST(RenderChartTest, EscapesNames) {
  Chart chart = Ramp();
  chart.series[0].name = "<b>";
  EXPECT_THAT(RenderChart(chart), Not(HasSubstr("<b>")));
}

TEST(RenderChartTest, SaysWhenThereIsNothingToDraw) {
  Chart chart;
  chart.title = "Loss";
  EXPECT_THAT(RenderChart(chart), HasSubstr("Nothing was recorded."));
}

TEST(RenderChartTest, DrawsLinearlyWhenALogarithmIsImpossible) {
  Chart chart = Ramp();
  chart.log_y = true;  // the data contain 0
  EXPECT_EQ(Points(RenderChart(chart)), Points(RenderChart(Ramp())));
}

}  // namespace
}  // namespace experiments
