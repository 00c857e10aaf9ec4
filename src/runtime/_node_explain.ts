/** Explains Node's errors of failed imports. @module */
import { spawnSync } from "node:child_process";
import nodeModule from "node:module";
import process from "node:process";
import { type LoadClue, type Place, withoutColours } from "../errors/mod.ts";
import { isSourceModule, toPath } from "../paths.ts";
import { placeInDecorator } from "../script/decorator_place.ts";
import { placeAt } from "../script/script_text.ts";
import { explainRequire, notFound, packageNotFound, placeOfImport } from "../script/specifiers.ts";
import { thread } from "./_node_thread.ts";

const { readText } = thread;
const INSTALLER = { command: "npm install ", manifest: "package.json" };
/** The maximum number of files that are checked for a syntax error without a place. */
const MAX_CHECKS = 20;
/** Imports that Node rejects without a place. */
const UNPLACED =
  /^ERR_(?:PACKAGE_(?:IMPORT|PATH)_NOT|IMPORT_ATTRIBUTE|UNKNOWN_(?:BUILTIN_MODULE|FILE_EXTENSION)|UNSUPPORTED_(?:ESM_URL|DIR))/;
const DECORATOR = /^[ \t]*(?:export\s+)?@[\w$]+/m;
/** Node's messages for an ES module in a package that is declared as CommonJS, as `npm init` does. */
const COMMONJS = /^(?:Cannot use import statement outside a module|Unexpected token 'export')$/;
const AS_MODULE =
  'set `"type": "module"` in the nearest package.json (npm pkg set type=module), or name the file .mjs';
const NO_DECORATORS =
  "Node.js itself runs no decorators: start it with a compiler, as in `node --import tsx flow.ts` or " +
  '`NODE_OPTIONS="--import tsx" npx hotflow …`, or bind with `static requests = { default: "foo" }`';

/** See `WorkerRuntime.explain`. */
export function explain(error: unknown, files: readonly string[], place?: Place): LoadClue | undefined {
  if (!(error instanceof Error)) return undefined;
  const message = withoutColours(error.message);
  const code = String((error as NodeJS.ErrnoException).code);
  if (code === "ERR_MODULE_NOT_FOUND") return explainMissing(message, files);
  const placed = explainRequire(message, INSTALLER, readText) ?? placeInHead(String(error.stack)) ??
    explainTranspiler(message);
  if (placed !== undefined) {
    return COMMONJS.test(message) ? { ...placed, message: `${message}; ${AS_MODULE}` } : placed;
  }
  if (error.name === "SyntaxError") return explainSyntax(message, files);
  if (UNPLACED.test(code)) return { place: placeOfImport(message, files, readText) };
  const decorator = place && placeInDecorator(error, place, readText(place.file) ?? "");
  return decorator && { place: decorator };
}

/** An imported module or package does not exist. */
function explainMissing(message: string, files: readonly string[]): LoadClue | undefined {
  const [, kind, name] = /Cannot find (module|package) '(.*?)' imported from /.exec(message) ?? [];
  if (name === undefined) return undefined;
  const clue = kind === "package" ? packageNotFound(name, INSTALLER) : notFound(name);
  return { ...clue, place: placeOfImport(message, files, readText) };
}

/** Parses `file:///app/a.ts:2`, lines of code, and a line with `^` under the column. */
function placeInHead(stack: string): LoadClue | undefined {
  const [, url, line, rest] = /^((?:file:\/\/)?\/[^\n]*?)(?:\?[^:\n]*)?:(\d+)\n([\s\S]*)/.exec(stack) ?? [];
  if (url === undefined) return undefined;
  const marker = String(rest).split("\n").find((text) => /^[ \t]*\^+[ \t]*$/.test(text));
  const column = marker === undefined ? undefined : marker.indexOf("^") + 1;
  const file = url.startsWith("file:") ? toPath(url) : url;
  return { place: { file, line: Number(line), ...(column !== undefined && { column }) } };
}

/** Parses the message of a TypeScript compiler: `/app/a.ts:2:6: ERROR: Expected …`. */
function explainTranspiler(message: string): LoadClue | undefined {
  const [, file, line, column, text] = /^(\/.*?):(\d+):(\d+): (?:ERROR|error): (.*)$/m.exec(message) ?? [];
  if (file === undefined) return undefined;
  const place = { file: file.replace(/\?.*$/, ""), line: Number(line), column: Number(column) + 1 };
  return { name: "SyntaxError", message: String(text), place };
}

/** A syntax error without a place: runs Node's own check for each file, the last imported one first. */
function explainSyntax(message: string, files: readonly string[]): LoadClue | undefined {
  const scripts = files.filter(isSourceModule);
  for (const file of scripts.reverse().slice(0, MAX_CHECKS)) {
    const text = readText(file) ?? "";
    const decorator = text.search(DECORATOR);
    if (decorator >= 0 && message.includes("Invalid or unexpected token")) {
      const place = { file, ...placeAt(text, text.indexOf("@", decorator)) };
      return { name: "SyntaxError", message: NO_DECORATORS, place };
    }
    const output = checkSyntax(file, text);
    if (output !== undefined) return placeInHead(output) ?? { place: { file } };
  }
}

/** The output of `node --check`; `undefined` when there is no error, or the kind of file cannot be checked. */
function checkSyntax(file: string, text: string): string | undefined {
  const isPlain = /\.[cm]?js$/.test(file);
  const code = isPlain ? undefined : withoutTypes(text);
  if (!isPlain && code === undefined) return undefined;
  const kind = file.endsWith(".cts") ? "commonjs" : "module";
  const args = isPlain ? ["--check", file] : ["--check", `--input-type=${kind}`];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", input: code });
  return status === 0 ? undefined : stderr.replace(/^\[stdin\]/, file);
}

/** Replaces the types of TypeScript by spaces; returns `undefined` for code that only a compiler can read. */
function withoutTypes(text: string): string | undefined {
  const { emitWarning } = process;
  // Node warns that the function is experimental; it runs no code that could emit other warnings.
  process.emitWarning = () => {};
  try {
    return nodeModule.stripTypeScriptTypes(text);
  } catch {
    return undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}
