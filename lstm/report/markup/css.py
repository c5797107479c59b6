"""The look of the page: one style sheet, for light, dark and paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #1f2933; --muted: #5f6c7b; --line: #e1e6eb;
  --good: #00694c; --bad: #b03a00; --kept: #00578a; --good-soft: #e2f3ec; --bad-soft: #fcebe2; --kept-soft: #e3f0f8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181d; --card: #1c2229; --ink: #e4e9ef; --muted: #9aa5b1; --line: #323a43;
    --good: #5fd3a9; --bad: #ff9d6b; --kept: #7cc4f0; --good-soft: #173329; --bad-soft: #3b2418; --kept-soft: #16303f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 900px; margin: 0 auto; padding: 28px 20px 48px; }
header p { margin: 0; color: var(--muted); }
h1 { margin: 0 0 2px; font-size: 26px; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 0 0 10px; font-size: 17px; }
h3 { margin: 18px 0 4px; font-size: 14px; color: var(--muted); font-weight: 600; overflow-wrap: anywhere; }
section {
  margin-top: 16px; padding: 18px 20px; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
}
section > :last-child { margin-bottom: 0; }
.verdict { border-left: 5px solid var(--tone); background: var(--soft); font-size: 18px; }
.verdict p { margin: 6px 0 0; overflow-wrap: anywhere; }
.good { --tone: var(--good); --soft: var(--good-soft); }
.bad { --tone: var(--bad); --soft: var(--bad-soft); }
.kept { --tone: var(--kept); --soft: var(--kept-soft); }
.state { color: var(--tone); font-weight: 650; white-space: nowrap; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 12px 20px; margin: 0; }
dt { color: var(--muted); font-size: 13px; }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th { text-align: left; color: var(--muted); font-weight: 600; font-size: 13px; }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: break-word; }
tr:last-child td { border-bottom: 0; }
.numbers th:not(:first-child), .numbers td:not(:first-child) {
  text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap;
}
figure + .facts { margin-top: 14px; }
.numbers td:first-child { white-space: nowrap; }
.numbers th:last-child, .numbers td:last-child { padding-right: 0; }
td.best { font-weight: 700; }
figure { margin: 0; }
img { display: block; width: 100%; height: auto; background: #fff; border-radius: 6px; }
.muted, figcaption { color: var(--muted); font-size: 13px; }
ul { margin: 0 0 10px; padding-left: 20px; }
li { overflow-wrap: anywhere; }
code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
@media print {
  :root {
    --ground: #fff; --card: #fff; --ink: #000; --muted: #444; --line: #ccc;
    --good: #00694c; --bad: #b03a00; --kept: #00578a; --good-soft: #fff; --bad-soft: #fff; --kept-soft: #fff;
  }
  main { max-width: none; padding: 0; }
  section { break-inside: avoid; padding: 12px 0; border: 0; border-top: 1px solid var(--line); border-radius: 0; }
  .verdict { padding-left: 12px; border-top: 0; }
  .wide { overflow: visible; }
}
"""
