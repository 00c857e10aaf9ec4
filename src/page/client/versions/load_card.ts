import { type Child, h } from "../dom.ts";
import { snippetOf } from "../snippet.ts";
import { baseName, clock, duration, plural } from "../format.ts";
import type { Load } from "./loads.ts";

const CAUSES: Readonly<Record<Load["cause"], string>> = {
  start: "start",
  reload: "save",
  restart: "new configuration",
  replace: "replacement of a worker that died",
};
/** A diff of so many lines is shown without a click. */
const MOST_OPEN = 24;
const PHASES = ["event", "load", "setup", "swap"] as const;
const PHASE_WORDS: Readonly<Record<(typeof PHASES)[number], string>> = {
  event: "until the save was seen",
  load: "import",
  setup: "constructor and setup()",
  swap: "until it served",
};

/**
 * One load in full: when, why, its files with what changed in them, how long each part took, what was kept.
 *
 * @param undoneTo The version that serves since the files are as before this load, which failed.
 */
export function loadCard(load: Load, undoneTo?: number): HTMLElement {
  const { deployment, version, at, ms, error, kept, cause } = load;
  const facts: Child[] = [
    h("time", { datetime: at }, clock(at)),
    CAUSES[cause],
    `${duration(ms)} in all`,
    error === undefined && (kept === undefined ? "in a fresh worker" : "in place"),
  ];
  const isUndone = undoneTo !== undefined;
  const [outcome, kind] = isUndone
    ? ["failed, undone", "undone"]
    : error
    ? ["failed", "bad"]
    : ["loaded", "good"];
  return h(
    "article",
    {
      class: isUndone ? "load undone" : error ? "load failed" : "load",
      "aria-label": `${deployment}, version ${version}`,
    },
    h(
      "h3",
      {},
      deployment,
      " ",
      h("span", { class: "number" }, `v${version}`),
      h("span", { class: `outcome ${kind}` }, outcome),
    ),
    isUndone && h("p", { class: "good" }, `The files are as before: version ${undoneTo} serves.`),
    h("p", { class: "facts" }, ...facts.filter(Boolean).map((fact) => h("span", {}, fact))),
    phaseBar(load),
    kept !== undefined && kept.length > 0 &&
      h("p", { class: "kept" }, "kept: ", h("code", {}, kept.join(", "))),
    error &&
      h("p", { class: "error" }, h("b", {}, error.name), `: ${error.message.split("; caused by: ")[0]}`),
    error?.snippet !== undefined && snippetOf(error.snippet),
    filesOf(load),
  );
}

/** The parts as a bar, each as wide as it took long, with a list of what it shows. */
function phaseBar({ phases }: Load): HTMLElement | false {
  const parts = PHASES.flatMap((name) => {
    const ms = phases[name];
    return ms === undefined ? [] : [{ name, ms }];
  });
  if (parts.length === 0) return false;
  return h(
    "div",
    { class: "phases" },
    h(
      "div",
      { class: "bar", "aria-hidden": "true" },
      ...parts.map(({ name, ms }) => {
        const part = h("span", { class: `phase-${name}` });
        part.style.flexGrow = String(Math.max(ms, 0.01));
        return part;
      }),
    ),
    h(
      "ul",
      {},
      ...parts.map(({ name, ms }) =>
        h("li", { class: `phase-${name}`, title: PHASE_WORDS[name] }, `${name} `, h("b", {}, duration(ms)))
      ),
    ),
  );
}

function filesOf({ files }: Load): HTMLElement | false {
  if (files.length === 0) return false;
  return h(
    "ul",
    { class: "files", "aria-label": plural(files.length, "file") },
    ...files.map(({ path, diff }, at) => {
      const name = h("span", { class: "file", title: path }, baseName(path));
      if (diff === undefined || diff === "") return h("li", {}, name);
      const lines = diff.trimEnd().split("\n").filter((line) => !/^(?:---|\+\+\+) /.test(line));
      const counts = ["+", "-"].map((sign) => lines.filter((line) => line.startsWith(sign)).length);
      return h(
        "li",
        {},
        h(
          "details",
          { open: at === 0 && lines.length <= MOST_OPEN },
          h(
            "summary",
            {},
            name,
            h("span", { class: "added" }, ` +${counts[0]}`),
            h("span", { class: "removed" }, ` −${counts[1]}`),
          ),
          h(
            "pre",
            { class: "diff", tabindex: 0, role: "group", "aria-label": `Changes of ${baseName(path)}` },
            ...lines.map(diffLine),
          ),
        ),
      );
    }),
  );
}

function diffLine(line: string): HTMLElement {
  const kinds: Readonly<Record<string, string>> = { "+": "added", "-": "removed", "@": "hunk" };
  return h("span", { class: kinds[line[0]] ?? "same" }, `${line}\n`);
}
