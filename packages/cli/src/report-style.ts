/** The style sheet of the report: two colour schemes by the reader's setting, figures on a white sheet in both. */
export const css = `
:root {
  --page: #f6f8fa; --card: #ffffff; --text: #1f2328; --soft: #59636e; --line: #d9dfe5; --accent: #0072b2;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --card: #161b22; --text: #e6edf3; --soft: #9aa4af; --line: #30363d; --accent: #58b0e8; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); }
main { max-width: 820px; margin: 0 auto; padding: 40px 20px 64px; }
header { border-left: 4px solid var(--accent); padding-left: 16px; margin-bottom: 28px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
header p { margin: 6px 0 0; color: var(--soft); }
h2 { font-size: 17px; margin: 0 0 12px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; margin-bottom: 20px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 0 6px 16px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { padding-left: 0; text-align: left; white-space: normal; min-width: 190px; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--soft); font-weight: 600; font-size: 13px; }
tbody th { font-weight: 400; }
tbody th span { color: var(--soft); font-size: 13px; margin-left: 4px; }
td.best { font-weight: 700; }
td.ratio { color: var(--soft); }
sup { font-size: 0.72em; line-height: 0; }
.note { margin: 10px 0 0; color: var(--soft); font-size: 13px; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 12px 20px; margin: 0; }
dt { color: var(--soft); font-size: 13px; }
dd { margin: 0; overflow-wrap: anywhere; }
details { margin-top: 16px; }
summary { cursor: pointer; color: var(--accent); }
pre { margin: 10px 0 0; padding: 12px 14px; background: var(--page); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; font-size: 13px; line-height: 1.45; }
figure { margin: 0 0 28px; }
figure:last-child { margin-bottom: 0; }
.sheet { background: #ffffff; border: 1px solid var(--line); border-radius: 6px; padding: 10px; }
.sheet svg { display: block; width: 100%; height: auto; }
figcaption { margin-top: 8px; color: var(--soft); font-size: 14px; }
@media print { section { break-inside: avoid-page; } :root { --page: #ffffff; } }
`;
