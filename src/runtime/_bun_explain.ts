/** Explains Bun's errors of failed imports. @module */
import { dirname, isAbsolute, resolve } from "node:path";
import type { LoadClue, Place } from "../errors/mod.ts";
import { toPath } from "../paths.ts";
import { findImporter, findNamed, notFound, packageNotFound, resolvesTo } from "../script/specifiers.ts";
import { resolved } from "./_bun_loads.ts";
import { explainer, type FailedImport, importIn, placed } from "./_explain.ts";
import { thread } from "./_node_thread.ts";
import type { WorkerRuntime } from "./runtime.ts";

/** An error of Bun, with the properties of its own errors of failed imports. */
interface BuildMessage {
  readonly message: string;
  readonly code?: string;
  /** The system call that failed. */
  readonly syscall?: string;
  readonly path?: string;
  readonly specifier?: string;
  readonly referrer?: string;
  readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null;
}

type Failed = FailedImport<BuildMessage>;

/** The query of a module's version. */
const QUERY = /\?.*$/;
const { readText } = thread;

/** See `WorkerRuntime.explain`. */
export const explain: WorkerRuntime["explain"] = (error, files) => {
  const [first = error] = (error as { errors?: unknown[] } | null)?.errors ?? [];
  return explainFirst(first, files);
};
const explainFirst = explainer<BuildMessage>(
  { command: "bun add ", manifest: "package.json" },
  readText,
  [explainUnresolved, explainMissing, explainPlaced, explainExport, explainUnread],
);

/** Bun cannot resolve a specifier. It resolves all imports of a file before it loads any. */
function explainUnresolved({ error, files, installer }: Failed): LoadClue | undefined {
  const { message, specifier, referrer, position } = error;
  if (specifier === undefined || referrer === undefined) return undefined;
  // For a built-in module that does not exist, the referrer is the text "undefined".
  const file = isAbsolute(referrer) ? referrer.replace(QUERY, "") : position?.file ?? files[0] ?? "";
  const place = { file, ...findNamed(readText(file) ?? "", specifier) };
  if (/^(?:\.|\/|file:)/.test(specifier)) {
    const name = specifier.startsWith("file:") ? toPath(specifier) : specifier.replace(QUERY, "");
    const path = resolve(dirname(file), name);
    return { place, ...missing(path, [file]) };
  }
  const clue = specifier.startsWith("node:")
    ? { name: "TypeError", message: `No such built-in module: ${specifier}` }
    : specifier.includes(":")
    ? { name: "TypeError", message }
    : subpathNotFound(specifier, file) ?? packageNotFound(specifier, installer);
  return { ...clue, place };
}

/** The error of a module that its package does not export; `undefined` when the package is not installed. */
function subpathNotFound(specifier: string, importer: string): { name: string; message: string } | undefined {
  const [name] = /^(?:@[^/]+\/)?[^/]+(?=\/)/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  for (let folder = importer; folder !== dirname(folder);) {
    folder = dirname(folder);
    const manifest = `${folder}/node_modules/${name}/package.json`;
    if (readText(manifest) === undefined) continue;
    const message = `Cannot find the module "${specifier}"; expected one of the \`exports\` in ${manifest}`;
    return { name: "TypeError", message };
  }
}

/** An imported file does not exist. User code may fail to read a file with the same error code. */
function explainMissing({ error: { code, syscall, path }, files }: Failed): LoadClue | undefined {
  const isImport = path !== undefined && (syscall === undefined || files.includes(path));
  return code === "ENOENT" && isImport ? missing(path, files) : undefined;
}

function missing(path: string, files: readonly string[]): LoadClue {
  return { ...notFound(path), ...placed(findImport(path, files)), missing: path };
}

/** A syntax error. */
function explainPlaced({ error: { position }, message }: Failed): LoadClue | undefined {
  if (!position) return undefined;
  const { file, line, column } = position;
  return { name: "SyntaxError", message, place: { file: file.replace(QUERY, ""), line, column } };
}

/** Bun's messages for a missing export: of a module, and of a re-export. */
const NO_EXPORT =
  /^Export named '(?<name>.*)' not found in module '(?<module>.*?)(?:\?.*)?'\.?$|^export '(?<alias>.*)' not found in '(?<specifier>.*)'$/;

/** Bun reports the module that lacks an export; the mistake is in the import. */
function explainExport({ message: text, files }: Failed): LoadClue | undefined {
  const { name, module = "", alias, specifier } = NO_EXPORT.exec(text)?.groups ?? {};
  const imported = name ?? alias;
  if (imported === undefined) return undefined;
  const place = specifier === undefined
    ? findImport(module, files)
    : findImporter(files, readText, (other) => other === specifier);
  const message = name === undefined
    ? text
    : `The requested module '${module}' does not provide an export named '${name}'`;
  if (place?.line === undefined) return { message };
  const line = (readText(place.file) ?? "").split("\n")[place.line - 1] ?? "";
  return { message, place: { ...place, column: line.search(new RegExp(`\\b${imported}\\b`)) + 1 } };
}

/** `ENOENT reading "https://example.com/a.ts"`: Bun takes the URL for the name of a file. */
function explainUnread(failed: Failed): LoadClue | undefined {
  const { message } = failed;
  if (!message.startsWith("ENOENT reading ")) return undefined;
  return { name: "TypeError", message, ...importIn(message, failed) };
}

/** Finds the import of a module, given by its path, or by its name if it is built in. */
function findImport(module: string, files: readonly string[]): Place | undefined {
  return findImporter(
    files,
    readText,
    (specifier, file) => resolvesTo(specifier, file, module) || resolved(specifier, file) === module,
  );
}
