/** Explains Bun's errors of failed imports. @module */
import { dirname, isAbsolute, resolve } from "node:path";
import { type LoadClue, type Place, withoutColours } from "../errors/mod.ts";
import { toPath } from "../paths.ts";
import {
  findImporter,
  findNamed,
  notFound,
  packageNotFound,
  pathIn,
  placeOfImport,
} from "../script/specifiers.ts";
import { resolved } from "./_bun_loads.ts";
import { thread } from "./_node_thread.ts";

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

const { readText } = thread;
const INSTALLER = { command: "bun add ", manifest: "package.json" };
/** The query of a module's version. */
const QUERY = /\?.*$/;
/** Bun's messages for a missing export: of a module, and of a re-export. */
const NO_EXPORT =
  /^Export named '(?<name>.*)' not found in module '(?<module>.*?)(?:\?.*)?'\.?$|^export '(?<alias>.*)' not found in '(?<specifier>.*)'$/;

/** See `WorkerRuntime.explain`. */
export function explain(thrown: unknown, files: readonly string[]): LoadClue | undefined {
  const [first = thrown] = (thrown as { errors?: unknown[] } | null)?.errors ?? [];
  if (typeof first !== "object" || first === null) return undefined;
  const error = first as BuildMessage;
  const { code, syscall, path, specifier, referrer, position } = error;
  // Bun resolves all imports of a file before it loads any.
  if (specifier !== undefined && referrer !== undefined) {
    // For a built-in module that does not exist, the referrer is the text "undefined".
    const file = isAbsolute(referrer) ? referrer.replace(QUERY, "") : position?.file ?? files[0] ?? "";
    const clue = unresolved(specifier, file, error);
    // The specifier is that of the text, or the path of a `file:` URL.
    const place = clue.missing === undefined ? undefined : findImport(clue.missing, [file]);
    return { ...clue, place: place ?? { file, ...findNamed(readText(file) ?? "", specifier) } };
  }
  // An imported file does not exist. User code may fail to read a file with the same error code.
  if (code === "ENOENT" && path !== undefined && (syscall === undefined || files.includes(path))) {
    return { ...notFound(path), place: findImport(path, files) };
  }
  const message = withoutColours(error.message);
  if (position) {
    const { file, line, column } = position;
    return { name: "SyntaxError", message, place: { file: file.replace(QUERY, ""), line, column } };
  }
  // `ENOENT reading "https://example.com/a.ts"`: Bun takes the URL for the name of a file.
  return message.startsWith("ENOENT reading ")
    ? { name: "TypeError", message, place: placeOfImport(message, files, readText) }
    : explainExport(message, files);
}

/** The error of a specifier that Bun cannot resolve. */
function unresolved(specifier: string, importer: string, { message }: BuildMessage): LoadClue {
  if (/^(?:\.|\/|file:)/.test(specifier)) {
    const name = specifier.startsWith("file:") ? toPath(specifier) : specifier.replace(QUERY, "");
    return notFound(resolve(dirname(importer), name));
  }
  if (specifier.startsWith("node:")) {
    return { name: "TypeError", message: `No such built-in module: ${specifier}` };
  }
  if (specifier.includes(":")) return { name: "TypeError", message };
  return subpathNotFound(specifier, importer) ?? packageNotFound(specifier, INSTALLER);
}

/** The error of a module that its package does not export; `undefined` when the package is not installed. */
function subpathNotFound(specifier: string, importer: string): LoadClue | undefined {
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

/** Bun reports the module that lacks an export; the mistake is in the import. */
function explainExport(text: string, files: readonly string[]): LoadClue | undefined {
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

/** Finds the import of a module, given by its path, or by its name if it is built in. */
function findImport(module: string, files: readonly string[]): Place | undefined {
  return findImporter(
    files,
    readText,
    (specifier, file) => pathIn(specifier, file) === module || resolved(specifier, file) === module,
  );
}
