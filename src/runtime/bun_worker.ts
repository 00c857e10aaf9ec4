import { dirname, isAbsolute, resolve } from "node:path";
import type { Place } from "../errors/mod.ts";
import { hookLoads } from "./_bun_loads.ts";
import { thread } from "./_node_thread.ts";
import { findImporter, type Installer, leadsTo, noPackage, notFound } from "./_specifier.ts";
import { toPath } from "./paths.ts";
import type { LoadClue, WorkerRuntime } from "./runtime.ts";

/** Bun's errors of a load, where they are not JavaScript's own. */
interface BuildMessage {
  readonly message: string;
  readonly code?: string;
  readonly path?: string;
  readonly specifier?: string;
  readonly referrer?: string;
  readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null;
}

const INSTALLER: Installer = { command: "bun add ", manifest: "package.json" };
const QUERY = /\?.*$/;

const { Bun } = globalThis as unknown as { Bun: { gc(now: boolean): void } };

/** Bun inside a worker. */
export const workerRuntime: WorkerRuntime = {
  ...thread,
  keepsQueries: false,
  // A database of bun:sqlite stays locked as long as there are statements of it.
  collectGarbage: () => Bun.gc(true),
  hookLoads,
  explain,
};

function explain(error: unknown, files: readonly string[]): LoadClue {
  if (typeof error !== "object" || error === null) return {};
  const first = (error as { errors?: BuildMessage[] }).errors?.[0] ?? error as BuildMessage;
  if (first.specifier !== undefined && first.referrer !== undefined) return explainImport(first, files);
  const { code, path, message, position } = first;
  if (code === "ENOENT" && path !== undefined) return { ...explainMissing(path, files), missing: path };
  if (!position) return explainExport(message, files) ?? {};
  const { file, line, column } = position;
  return { name: "SyntaxError", message, place: { file: file.replace(QUERY, ""), line, column } };
}

/** Bun resolves what is there before it loads anything. */
function explainImport(error: BuildMessage, files: readonly string[]): LoadClue {
  const { message, specifier = "", referrer = "", position } = error;
  // Of a built-in module that does not exist it gives the text "undefined".
  const file = isAbsolute(referrer) ? referrer.replace(QUERY, "") : position?.file ?? files[0] ?? "";
  const named = specifier.startsWith("file:") ? toPath(specifier) : specifier.replace(QUERY, "");
  if (/^(?:\.|\/|file:)/.test(specifier)) {
    const path = resolve(dirname(file), named);
    return { ...explainMissing(path, [file]), missing: path };
  }
  const place = findImporter([file], thread.readText, (name) => name === specifier) ?? { file };
  return {
    ...(specifier.includes(":") ? { name: "TypeError", message } : noPackage(specifier, INSTALLER)),
    place,
  };
}

function explainMissing(path: string, files: readonly string[]): LoadClue {
  const place = findImport(path, files);
  return { ...notFound(path), ...(place && { place }) };
}

/** `Export named 'x' not found in module '/app/b.ts'.`: the mistake is where it is imported. */
function explainExport(text: string, files: readonly string[]): LoadClue | undefined {
  const [, name, module = ""] = /^Export named '(.*)' not found in module '(.*?)(?:\?.*)?'\.?$/.exec(text) ??
    [];
  if (name === undefined) return undefined;
  const place = findImport(module, files);
  const message = `The requested module '${module}' does not provide an export named '${name}'`;
  if (place?.line === undefined) return { message };
  const line = (thread.readText(place.file) ?? "").split("\n")[place.line - 1] ?? "";
  return { message, place: { ...place, column: line.search(new RegExp(`\\b${name}\\b`)) + 1 } };
}

/** Where one of the files imports another one. */
function findImport(path: string, files: readonly string[]): Place | undefined {
  return findImporter(files, thread.readText, (specifier, file) => leadsTo(specifier, file, path));
}
