// The look of a report, light and dark, from a phone to a wide screen.
//
// Series colors are Okabe and Ito's, which stay apart under color blindness, lightened for the dark
// scheme. Charts scale with their box, so on narrow screens their text grows to stay legible.
#ifndef EXPERIMENTS_REPORT_STYLE_SHEET_H_
#define EXPERIMENTS_REPORT_STYLE_SHEET_H_

#include <string_view>

namespace experiments {

inline constexpr std::string_view kStyleSheet = R"css(
:root {
  --paper: #ffffff; --ground: #f5f6f8; --ink: #1a1f2b; --soft: #5b6475; --rule: #dfe3ea;
  --c0: #0072b2; --c1: #d55e00; --c2: #008560; --c3: #b0558c; --c4: #8a6d00; --c5: #3d6fd6;
  --c6: #a8324a; --c7: #4b7d0f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #181c24; --ground: #10131a; --ink: #e8ebf1; --soft: #9aa4b6; --rule: #2d3442;
    --c0: #56b4e9; --c1: #ff9d4d; --c2: #3ccf9f; --c3: #e39ac6; --c4: #e3c84a; --c5: #93b4ff;
    --c6: #ff8fa3; --c7: #b4e06a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans",
        sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 1160px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -0.02em; margin: 0 0 6px; }
h2 { font-size: 1.15rem; letter-spacing: -0.01em; margin: 44px 0 12px; }
h3 { font-size: 1rem; margin: 20px 0 6px; }
p { margin: 0 0 12px; max-width: 72ch; }
.lead { color: var(--soft); font-size: 1.05rem; }
.note { color: var(--soft); font-size: 0.875rem; }
article { margin-top: 56px; padding-top: 32px; border-top: 2px solid var(--rule); }
article:first-of-type { margin-top: 0; padding-top: 0; border: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
         margin: 24px 0 8px; }
.tile, figure, .table, details {
  background: var(--paper); border: 1px solid var(--rule); border-radius: 10px;
}
.tile { padding: 14px 16px; }
.tile b { display: block; font-size: 1.7rem; line-height: 1.2; letter-spacing: -0.02em;
          font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 0.85rem; }
.tile.main { border-color: var(--c0); box-shadow: inset 0 3px 0 var(--c0); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr));
          gap: 16px; }
figure { margin: 0; padding: 16px 16px 8px; min-width: 0; }
figcaption { font-weight: 600; }
figcaption small { color: var(--soft); display: block; font-weight: 400; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 4px 0; padding: 0;
          list-style: none; color: var(--soft); font-size: 0.85rem; }
.legend svg { width: 26px; height: 10px; margin-right: 6px; vertical-align: 1px; }
figure > svg, figure > img { display: block; width: 100%; height: auto; }
figure > img { border-radius: 6px; margin: 8px 0; } figure + figure { margin-top: 16px; }
svg text { fill: var(--soft); font-size: 14px; font-family: inherit; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
svg .reference { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 6 5; }
svg .s0 { stroke: var(--c0); color: var(--c0); } svg .s1 { stroke: var(--c1); color: var(--c1); }
svg .s2 { stroke: var(--c2); color: var(--c2); } svg .s3 { stroke: var(--c3); color: var(--c3); }
svg .s4 { stroke: var(--c4); color: var(--c4); } svg .s5 { stroke: var(--c5); color: var(--c5); }
svg .s6 { stroke: var(--c6); color: var(--c6); } svg .s7 { stroke: var(--c7); color: var(--c7); }
svg .band { fill: currentColor; stroke: none; opacity: 0.13; }
svg .bar { fill: currentColor; stroke: none; opacity: 0.75; }
svg .dot { fill: currentColor; stroke: none; } svg .faint { opacity: 0.45; }
svg .d1 { stroke-dasharray: 9 5; } svg .d2 { stroke-dasharray: 2 6; }
svg .d3 { stroke-dasharray: 12 5 2 5; } svg .d4 { stroke-dasharray: 5 4; }
svg .d5 { stroke-dasharray: 16 6; } svg .d6 { stroke-dasharray: 2 4 2 10; }
svg .d7 { stroke-dasharray: 18 5 5 5; }
.table { overflow-x: auto; margin-bottom: 12px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 16px; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; }
tbody th { font-weight: 500; }
tbody th small { display: block; color: var(--soft); font-weight: 400; white-space: normal; }
thead th { color: var(--soft); font-size: 0.8rem; font-weight: 600;
           border-bottom: 1px solid var(--rule); }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
td small { color: var(--soft); font-size: inherit; }
td small.interval { display: block; font-size: 0.8rem; }
code { overflow-wrap: anywhere; }
.charts figure + figure { margin-top: 0; }
.table tbody th { position: sticky; left: 0; background: var(--paper);
                   background-clip: padding-box; }
details { margin-bottom: 12px; padding: 0 16px; }
summary { cursor: pointer; font-weight: 600; padding: 12px 0; }
details .table { border: 0; border-radius: 0; margin: 0 -16px; }
details td { white-space: normal; overflow-wrap: anywhere; }
.columns { columns: 2 340px; column-gap: 32px; padding-bottom: 12px; }
.columns section { break-inside: avoid; }
dl { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 2px 12px; margin: 0;
     font-size: 0.9rem; }
dt { color: var(--soft); overflow-wrap: anywhere; } dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--paper); border: 1px solid var(--rule); border-radius: 10px;
      margin: 0 0 12px;
      padding: 12px 16px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.85rem; }
footer { color: var(--soft); font-size: 0.85rem; margin-top: 48px; }
@media (max-width: 600px) {
  main { padding: 24px 14px 48px; }
  h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tile b { font-size: 1.4rem; }
  figure { padding: 12px 10px 6px; }
  svg text { font-size: 22px; }
  svg .line { stroke-width: 4; }
  th, td { padding: 8px 10px; }
  .table tbody th { white-space: normal; }
}
@media print { body { background: none; } .tile, figure, .table, details { break-inside: avoid; } }
)css";

}  // namespace experiments

#endif  // EXPERIMENTS_REPORT_STYLE_SHEET_H_
