/** Explains Node's errors of failed imports. @module */
import { spawnSync } from "node:child_process";
import nodeModule from "node:module";
import process from "node:process";
import type { LoadClue } from "../errors/mod.ts";
import { toPath } from "../paths.ts";
import { notFound, packageNotFound } from "../script/specifiers.ts";
import {
  explainDecorator,
  explainer,
  explainRequired,
  type FailedImport,
  filesToCheck,
  importIn,
} from "./_explain.ts";
import { thread } from "./_node_thread.ts";

/** The query of a module's version. */
const QUERY = /\?.*$/;
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
export const explain = explainer(
  { command: "npm install ", manifest: "package.json" },
  thread.readText,
  [explainMissing, explainRequired, explainPlaced, explainSyntax, explainUnplaced, explainDecorator],
);

function codeOf({ error }: FailedImport): string {
  return String((error as NodeJS.ErrnoException).code);
}

/** An imported module or package does not exist. */
function explainMissing(failed: FailedImport): LoadClue | undefined {
  if (codeOf(failed) !== "ERR_MODULE_NOT_FOUND") return undefined;
  const { message, installer } = failed;
  const [, kind, name] = /Cannot find (module|package) '(.*?)' imported from /.exec(message) ?? [];
  if (name === undefined) return {};
  const clue = kind === "package" ? packageNotFound(name, installer) : { ...notFound(name), missing: name };
  return { ...clue, ...importIn(message, failed) };
}

/** The stack or the message has a place in a form of its own. */
function explainPlaced({ error, message }: FailedImport): LoadClue | undefined {
  const clue = placeInHead(String(error.stack)) ?? explainTranspiler(message);
  return clue && COMMONJS.test(message) ? { ...clue, message: `${message}; ${AS_MODULE}` } : clue;
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
  const place = { file: file.replace(QUERY, ""), line: Number(line), column: Number(column) + 1 };
  return { name: "SyntaxError", message: String(text), place };
}

/** A syntax error without a place: runs Node's own check for each file, the last imported one first. */
function explainSyntax({ error, message, files, readText }: FailedImport): LoadClue | undefined {
  if (error.name !== "SyntaxError") return undefined;
  for (const file of filesToCheck(files, /\.[cm]?[jt]sx?$/)) {
    const text = readText(file) ?? "";
    const decorator = text.search(DECORATOR);
    if (decorator >= 0 && message.includes("Invalid or unexpected token")) {
      return explainNoDecorators(file, text, decorator);
    }
    const output = checkSyntax(file, text);
    if (output !== undefined) return placeInHead(output) ?? { place: { file } };
  }
  return {};
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

function explainNoDecorators(file: string, text: string, index: number): LoadClue {
  const line = text.slice(0, index).split("\n").length;
  const place = { file, line, column: (text.split("\n")[line - 1] ?? "").indexOf("@") + 1 };
  return { name: "SyntaxError", message: NO_DECORATORS, place };
}

/** An import that Node rejects without a place. */
function explainUnplaced(failed: FailedImport): LoadClue | undefined {
  return UNPLACED.test(codeOf(failed)) ? importIn(failed.message, failed) : undefined;
}
