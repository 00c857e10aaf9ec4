import { readFileSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { readNow, thread } from "./_node_thread.ts";
import { contentHash } from "./content_hash.ts";
import { findSpecifier, notFound } from "./_specifier.ts";
import { toPath } from "./paths.ts";
import type { LoadClue, LoadHooks, WorkerRuntime } from "./runtime.ts";

/** What is used of Bun. */
interface Loaded {
  readonly contents: string;
  readonly loader: string;
}
interface Bun {
  plugin(options: {
    name: string;
    setup(build: { onLoad(on: { filter: RegExp }, load: (args: { path: string }) => Loaded): void }): void;
  }): void;
}
/** Bun's errors of a load, where they are not JavaScript's own. */
interface BuildMessage {
  readonly message: string;
  readonly specifier?: string;
  readonly referrer?: string;
  readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null;
}

const { Bun } = globalThis as unknown as { Bun: Bun };

/** Local sources and JSON; packages are left to Bun. */
const LOCAL = /^(?!.*[\\/]node_modules[\\/]).*\.(?:[cm]?[jt]s|[jt]sx|json)(?:\?.*)?$/;
const QUERY = /\?.*$/;

/** Bun inside a worker. */
export const workerRuntime: WorkerRuntime = { ...thread, hookLoads, explain };

/** Bun has no hooks that pass on to the next one: the plugin reads the files itself. */
function hookLoads(hooks: LoadHooks): void {
  Bun.plugin({
    name: "hotflow",
    setup: (build) =>
      build.onLoad({ filter: LOCAL }, (args) => {
        const path = args.path.replace(QUERY, "");
        const bytes = readNow(path);
        hooks.seen(path, bytes === undefined ? null : contentHash(bytes));
        const text = (bytes ?? readFileSync(path)).toString("utf8");
        hooks.loaded(path);
        const loader = extname(path).replace(/^\.[cm]?/, "");
        return { contents: loader === "json" ? text : hooks.amend(text), loader };
      }),
  });
}

function explain(error: unknown, files: readonly string[]): LoadClue {
  if (typeof error !== "object" || error === null) return {};
  const first = (error as { errors?: BuildMessage[] }).errors?.[0] ?? error as BuildMessage;
  if (first.specifier !== undefined && first.referrer !== undefined) return explainMissing(first);
  const { message, position } = first;
  if (position) {
    const { file, line, column } = position;
    return { name: "SyntaxError", message, place: { file: file.replace(QUERY, ""), line, column } };
  }
  return explainExport(message, files);
}

function explainMissing({ message, specifier = "", referrer = "" }: BuildMessage): LoadClue {
  const file = referrer.replace(QUERY, "");
  const place = { file, ...findSpecifier(thread.readText(file) ?? "", (name) => name === specifier) };
  if (specifier.startsWith(".") || specifier.startsWith("file:")) {
    const path = specifier.startsWith(".") ? resolve(dirname(file), specifier) : toPath(specifier);
    return { ...notFound(path), place, missing: path };
  }
  return { name: "TypeError", message: message.replace(QUERY, ""), place };
}

/** `Export named 'x' not found in module '/app/b.ts'.`: the mistake is where it is imported. */
function explainExport(message: string, files: readonly string[]): LoadClue {
  const [, name, module] = /^Export named '(.*)' not found in module '(.*?)(?:\?.*)?'\.?$/.exec(message) ??
    [];
  if (name === undefined) return {};
  for (const file of files) {
    const text = thread.readText(file) ?? "";
    const at = findSpecifier(
      text,
      (specifier) => specifier.startsWith(".") && resolve(dirname(file), specifier) === module,
    );
    const column = at === undefined ? -1 : lineOf(text, at.line).search(new RegExp(`\\b${name}\\b`));
    if (at !== undefined && column >= 0) return { place: { file, line: at.line, column: column + 1 } };
  }
  return {};
}

function lineOf(text: string, line: number): string {
  return text.split("\n")[line - 1] ?? "";
}
