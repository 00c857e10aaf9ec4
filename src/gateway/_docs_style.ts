/** The style of the page at `GET /docs`, light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: #fbfbfa; --card: #fff; --ink: #1d2129; --soft: #5c6470; --line: #dfe2e6; --mark: #eef2ff;
  --accent: #3451d1; --good: #13713d; --bad: #b3261e; --put: #8a5300; --get: #0b6a83;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14161a; --card: #1b1e24; --ink: #e7e9ee; --soft: #a0a8b5; --line: #30353e; --mark: #262d45;
    --accent: #93a8ff; --good: #6fd39a; --bad: #ff8f85; --put: #f0b75e; --get: #6cc8e0;
  }
}
* { box-sizing: border-box; }
[hidden], .summary:empty, p:empty { display: none !important; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; gap: 1rem; align-items: baseline; padding: 1rem 1.5rem; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.15rem; }
header p { margin: 0; color: var(--soft); }
#state { margin-left: auto; color: var(--bad); }
code, pre, textarea { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.grid { display: grid; grid-template-columns: minmax(17rem, 24rem) minmax(0, 1fr); }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 1rem; }
ul { margin: 0; padding: 0; list-style: none; }
li button { display: grid; grid-template-columns: 4.2rem minmax(0, 1fr); gap: 0 .5rem; align-items: baseline;
  width: 100%; padding: .45rem .6rem; border: 0; border-radius: 6px; background: none; color: inherit;
  font: inherit; text-align: left; cursor: pointer; }
li button:hover { background: var(--mark); }
li button[aria-current="true"] { background: var(--mark); box-shadow: inset 3px 0 var(--accent); }
.method { color: var(--accent); font-size: .72rem; font-weight: 700; letter-spacing: .04em; }
.method.get { color: var(--get); }
.method.put, .method.patch { color: var(--put); }
.method.delete { color: var(--bad); }
.path { overflow-wrap: anywhere; }
.summary { grid-column: 2; color: var(--soft); font-size: .85rem; }
main { display: grid; gap: .75rem; align-content: start; min-height: 80vh; padding: 1.25rem 1.5rem 3rem;
  border-left: 1px solid var(--line); }
h2 { display: flex; gap: .6rem; align-items: baseline; margin: 0; }
h2 .path { font-size: 1.05rem; }
main p { margin: 0; color: var(--soft); }
summary { margin-bottom: .3rem; color: var(--soft); font-size: .85rem; cursor: pointer; }
label { display: block; margin-bottom: .3rem; color: var(--soft); font-size: .85rem; }
textarea, pre { width: 100%; margin: 0; padding: .75rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--card); color: inherit; }
textarea { min-height: 13rem; resize: vertical; tab-size: 2; }
pre { overflow: auto; max-height: 60vh; white-space: pre-wrap; overflow-wrap: anywhere; }
.bar { display: flex; gap: 1rem; align-items: center; }
#send { padding: .45rem 1.2rem; border: 0; border-radius: 6px; background: var(--accent); color: var(--back);
  font: inherit; font-weight: 600; cursor: pointer; }
#send:disabled { opacity: .6; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.good { color: var(--good); }
.bad { color: var(--bad); }
@media (max-width: 46rem) {
  .grid { grid-template-columns: minmax(0, 1fr); }
  nav { position: static; max-height: 38vh; border-bottom: 1px solid var(--line); }
  main { border-left: 0; }
  header p { display: none; }
}
`;
