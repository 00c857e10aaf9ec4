import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { readNow, thread } from "./_node_thread.ts";
import { contentHash } from "./content_hash.ts";
import { findSpecifier, notFound } from "./_specifier.ts";
import { toPath } from "./paths.ts";
import type { Place } from "../errors/mod.ts";
import type { LoadClue, LoadHooks, WorkerRuntime } from "./runtime.ts";

/** What is used of Bun. */
type Loaded = { readonly contents: string; readonly loader: string } | {
  readonly exports: { readonly default: unknown };
  readonly loader: "object";
};
interface Bun {
  plugin(options: {
    name: string;
    setup(build: {
      onLoad(on: { filter: RegExp }, load: (args: { path: string }) => Loaded): void;
      onResolve(
        on: { filter: RegExp },
        resolve: (args: { path: string; importer: string }) => { path: string } | undefined,
      ): void;
    }): void;
  }): void;
}
/** Bun's errors of a load, where they are not JavaScript's own. */
interface BuildMessage {
  readonly message: string;
  readonly code?: string;
  readonly path?: string;
  readonly specifier?: string;
  readonly referrer?: string;
  readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null;
}

const { Bun } = globalThis as unknown as { Bun: Bun };

/** Local sources and JSON; packages are left to Bun. */
const LOCAL = /^(?!.*[\\/]node_modules[\\/]).*\.(?:[cm]?[jt]s|[jt]sx|json)(?:\?.*)?$/;
const QUERY = /\?.*$/;
/** Names of files: relative ones, absolute ones, URLs. */
const FILE = /^(?:\.\.?\/|\/|file:)/;
/** An import of a file as something else than a module: `"./a.txt" with { type: "text" }`, in either form. */
const TYPED =
  /(["'])(\.[^"'\n]+)\1\s*(?:with|,\s*\{\s*with\s*:)\s*\{\s*["']?type["']?\s*:\s*(["'])(text|bytes|file)\3/g;

/** Bun inside a worker. */
export const workerRuntime: WorkerRuntime = { ...thread, hookLoads, explain };

/** Bun has no hooks that pass on to the next one, nor tells the type of an import: the plugin reads the files itself. */
function hookLoads(hooks: LoadHooks): void {
  const types = new Map<string, string>();
  const see = (path: string) => {
    const bytes = readNow(path);
    hooks.seen(path, bytes === undefined ? null : contentHash(bytes));
    return bytes;
  };
  const load = ({ path: specifier }: { path: string }): Loaded => {
    const path = specifier.replace(QUERY, "");
    // What cannot be read fails here, in Bun's words.
    const bytes = see(path) ?? readFileSync(path);
    hooks.loaded(path);
    const text = bytes.toString("utf8");
    const type = types.get(path);
    if (type !== undefined) {
      const value = type === "text" ? text : type === "file" ? path : bytes;
      return { exports: { default: value }, loader: "object" };
    }
    for (const [, , name, , type] of text.matchAll(TYPED)) {
      const other = resolve(dirname(path), String(name));
      types.set(other, String(type));
      // Bun reads those itself.
      if (!LOCAL.test(other) && see(other) !== undefined) hooks.loaded(other);
    }
    const loader = extname(path).replace(/^\.[cm]?/, "");
    const isModule = loader !== "json" && !/\.c[jt]s$/.test(path);
    return { contents: isModule ? hooks.amend(text) : text, loader };
  };
  Bun.plugin({
    name: "hotflow",
    setup(build) {
      build.onLoad({ filter: LOCAL }, load);
      build.onResolve({ filter: FILE }, resolveLinks);
    },
  });
}

/** Bun remembers where links lead for as long as the process lives: those on the way to a file are followed here. */
function resolveLinks(
  { path: name, importer }: { path: string; importer: string },
): { path: string } | undefined {
  const [query = ""] = QUERY.exec(name) ?? [];
  const plain = name.replace(QUERY, "");
  const path = plain.startsWith("file:")
    ? toPath(plain)
    : resolve(dirname(importer.replace(QUERY, "")), plain);
  const real = orNothing(() => statSync(path).isFile() ? realpathSync(path) : path) ?? path;
  return real === path ? undefined : { path: real + query };
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function explain(error: unknown, files: readonly string[]): LoadClue {
  if (typeof error !== "object" || error === null) return {};
  const first = (error as { errors?: BuildMessage[] }).errors?.[0] ?? error as BuildMessage;
  if (first.specifier !== undefined && first.referrer !== undefined) return explainPackage(first);
  const { code, path, message, position } = first;
  if (code === "ENOENT" && path !== undefined) return { ...explainMissing(path, files), missing: path };
  if (!position) return explainExport(message, files);
  const { file, line, column } = position;
  return { name: "SyntaxError", message, place: { file: file.replace(QUERY, ""), line, column } };
}

/** Bun resolves what is there before it loads anything. */
function explainPackage({ message, specifier = "", referrer = "" }: BuildMessage): LoadClue {
  const file = referrer.replace(QUERY, "");
  const named = specifier.startsWith("file:") ? toPath(specifier) : specifier.replace(QUERY, "");
  const path = /^(?:\.|\/|file:)/.test(specifier) ? resolve(dirname(file), named) : undefined;
  if (path !== undefined) return { ...explainMissing(path, [file]), missing: path };
  const place = { file, ...findSpecifier(thread.readText(file) ?? "", (name) => name === specifier) };
  return { name: "TypeError", message: message.replace(QUERY, ""), place };
}

function explainMissing(path: string, files: readonly string[]): LoadClue {
  const place = findImport(path, files);
  return { ...notFound(path), ...(place && { place }) };
}

/** `Export named 'x' not found in module '/app/b.ts'.`: the mistake is where it is imported. */
function explainExport(text: string, files: readonly string[]): LoadClue {
  const [, name, module = ""] = /^Export named '(.*)' not found in module '(.*?)(?:\?.*)?'\.?$/.exec(text) ??
    [];
  if (name === undefined) return {};
  const place = findImport(module, files);
  const message = `The requested module '${module}' does not provide an export named '${name}'`;
  if (place?.line === undefined) return { message };
  const line = (thread.readText(place.file) ?? "").split("\n")[place.line - 1] ?? "";
  return { message, place: { ...place, column: line.search(new RegExp(`\\b${name}\\b`)) + 1 } };
}

/** Where one of the files imports another one. */
function findImport(path: string, files: readonly string[]): Place | undefined {
  for (const file of files) {
    const isIt = (specifier: string) =>
      specifier.startsWith(".") && resolve(dirname(file), specifier) === path;
    const at = findSpecifier(thread.readText(file) ?? "", isIt);
    if (at !== undefined) return { file, ...at };
  }
}
