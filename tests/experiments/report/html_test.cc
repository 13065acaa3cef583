#include "experiments/report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <span>
#include <string_view>

namespace experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EscapeTest, MakesTextSafeInTagsAndAttributes) {
  EXPECT_EQ(Escape("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
}

TEST(FormatNumberTest, RoundsAndMarksWhatIsNotANumber) {
  EXPECT_EQ(FormatNumber(563.25, 1), "563.2");
  EXPECT_EQ(FormatNumber(std::numeric_limits<double>::quiet_NaN(), 1), "–");
}

TEST(RenderTableTest, HeadsEveryRow) {
  const std::string html = RenderTable({.header = {"a", "b"}, .rows = {{"x", "1"}}});
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\">x</th><td>1</td>"));
}

TEST(RenderPageTest, StandsAlone) {
  const std::string page = RenderPage("a <title>", "<p>body</p>");
  EXPECT_THAT(page, HasSubstr("<title>a &lt;title&gt;</title>"));
  EXPECT_THAT(page, HasSubstr("<style>"));
  // Nothing is loaded from elsewhere.
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<link")));
}

// RFC 4648, section 10.
TEST(DataUriTest, WritesBytesInBase64) {
  const auto encoded = [](std::string_view text) {
    return DataUri("image/png", std::as_bytes(std::span(text)));
  };
  EXPECT_EQ(encoded(""), "data:image/png;base64,");
  EXPECT_EQ(encoded("f"), "data:image/png;base64,Zg==");
  EXPECT_EQ(encoded("fo"), "data:image/png;base64,Zm8=");
  EXPECT_EQ(encoded("foo"), "data:image/png;base64,Zm9v");
  EXPECT_EQ(encoded("foobar"), "data:image/png;base64,Zm9vYmFy");
  EXPECT_EQ(encoded("\xff\xef\xbe"), "data:image/png;base64,/+++");
}

}  // namespace
}  // namespace experiments
