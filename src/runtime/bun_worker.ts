import { dirname, isAbsolute, resolve } from "node:path";
import type { Place } from "../errors/mod.ts";
import { hookLoads, resolved } from "./_bun_loads.ts";
import { thread } from "./_node_thread.ts";
import {
  findImporter,
  findNamed,
  type Installer,
  notFound,
  packageNotFound,
  placeOfImport,
  resolvesTo,
} from "../script/specifiers.ts";
import { toPath } from "../paths.ts";
import type { LoadClue } from "../errors/mod.ts";
import type { WorkerRuntime } from "./runtime.ts";

/** Bun's errors of a load, where they are not JavaScript's own. */
interface BuildMessage {
  readonly message: string;
  readonly code?: string;
  /** What was being done to a file. */
  readonly syscall?: string;
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
  const { code, syscall, path, message, position } = first;
  // The user's code may read files that are not there, too.
  const isImport = path !== undefined && (syscall === undefined || files.includes(path));
  if (code === "ENOENT" && isImport) {
    return { ...explainMissing(path, files), missing: path };
  }
  if (!position) return explainExport(message, files) ?? explainUnread(message, files) ?? {};
  const { file, line, column } = position;
  return { name: "SyntaxError", message, place: { file: file.replace(QUERY, ""), line, column } };
}

/** Bun resolves what is there before it loads anything. */
function explainImport(error: BuildMessage, files: readonly string[]): LoadClue {
  const { message, specifier = "", referrer = "", position } = error;
  // Of a built-in module that does not exist it gives the text "undefined".
  const file = isAbsolute(referrer) ? referrer.replace(QUERY, "") : position?.file ?? files[0] ?? "";
  const place = { file, ...findNamed(thread.readText(file) ?? "", specifier) };
  const named = specifier.startsWith("file:") ? toPath(specifier) : specifier.replace(QUERY, "");
  if (/^(?:\.|\/|file:)/.test(specifier)) {
    const path = resolve(dirname(file), named);
    return { place, ...explainMissing(path, [file]), missing: path };
  }
  const said = specifier.startsWith("node:")
    ? { name: "TypeError", message: `No such built-in module: ${specifier}` }
    : specifier.includes(":")
    ? { name: "TypeError", message }
    : noModuleIn(specifier, file) ?? packageNotFound(specifier, INSTALLER);
  return { ...said, place };
}

/** What is said of a module that its package does not have; `undefined` when the package is not installed. */
function noModuleIn(specifier: string, importer: string): { name: string; message: string } | undefined {
  const [name] = /^(?:@[^/]+\/)?[^/]+(?=\/)/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  for (let folder = importer; folder !== dirname(folder);) {
    folder = dirname(folder);
    const manifest = `${folder}/node_modules/${name}/package.json`;
    if (thread.readText(manifest) === undefined) continue;
    const message = `Cannot find the module "${specifier}"; expected one of the \`exports\` in ${manifest}`;
    return { name: "TypeError", message };
  }
}

/** `ENOENT reading "https://example.com/a.ts"`: Bun takes it for a file's name. */
function explainUnread(message: string, files: readonly string[]): LoadClue | undefined {
  if (!message.startsWith("ENOENT reading ")) return undefined;
  const place = placeOfImport(message, files, thread.readText);
  return { name: "TypeError", message, ...(place && { place }) };
}

function explainMissing(path: string, files: readonly string[]): LoadClue {
  const place = findImport(path, files);
  return { ...notFound(path), ...(place && { place }) };
}

/** How Bun tells of an export that is not there: of a module, and of one that another module passes on. */
const NO_EXPORT =
  /^Export named '(?<name>.*)' not found in module '(?<module>.*?)(?:\?.*)?'\.?$|^export '(?<alias>.*)' not found in '(?<specifier>.*)'$/;

/** Bun names the module that lacks an export: the mistake is where it is imported. */
function explainExport(text: string, files: readonly string[]): LoadClue | undefined {
  const { name, module = "", alias, specifier } = NO_EXPORT.exec(text)?.groups ?? {};
  const imported = name ?? alias;
  if (imported === undefined) return undefined;
  const place = specifier === undefined
    ? findImport(module, files)
    : findImporter(files, thread.readText, (named) => named === specifier);
  const message = name === undefined
    ? text
    : `The requested module '${module}' does not provide an export named '${name}'`;
  if (place?.line === undefined) return { message };
  const line = (thread.readText(place.file) ?? "").split("\n")[place.line - 1] ?? "";
  return { message, place: { ...place, column: line.search(new RegExp(`\\b${imported}\\b`)) + 1 } };
}

/** Where one of the files imports a module, which is known by its path, or by its name if it is built in. */
function findImport(module: string, files: readonly string[]): Place | undefined {
  return findImporter(
    files,
    thread.readText,
    (specifier, file) => resolvesTo(specifier, file, module) || resolved(specifier, file) === module,
  );
}
