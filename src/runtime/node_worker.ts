import { spawnSync } from "node:child_process";
import { registerHooks } from "node:module";
import { Buffer } from "node:buffer";
import { dirname, resolve } from "node:path";
import process from "node:process";
import type { Place } from "../errors/mod.ts";
import { explain as explainOnDeno } from "./_deno_explain.ts";
import { hookLoads as hookDenoLoads } from "./_deno_loads.ts";
import { readNow, thread } from "./_node_thread.ts";
import { contentHash } from "./content_hash.ts";
import {
  explainRequire,
  findSpecifier,
  type Installer,
  noPackage,
  notFound,
  placeOfImport,
} from "./_specifier.ts";
import { toPath } from "./paths.ts";
import type { LoadClue, LoadHooks, WorkerRuntime } from "./runtime.ts";

/** Node inside a worker; and Deno, where it has the package from npm: it loads modules in its own way all the same. */
export const workerRuntime: WorkerRuntime = "Deno" in globalThis
  ? { ...thread, keepsQueries: true, hookLoads: hookDenoLoads, explain: explainOnDeno }
  : { ...thread, keepsQueries: true, hookLoads, explain };

/** What a module may add to the name of another one. */
const QUERY = /\?.*$/;
/** Imports that Node refuses without a place. */
const UNPLACED =
  /^ERR_(?:PACKAGE_IMPORT_NOT_DEFINED|IMPORT_ATTRIBUTE|UNKNOWN_(?:BUILTIN_MODULE|FILE_EXTENSION)|UNSUPPORTED_ESM_URL)/;
/** How many files are looked through for a mistake that Node does not place. */
const MOST_CHECKS = 20;
const INSTALLER: Installer = { command: "npm install ", manifest: "package.json" };
const DECORATOR = /^[ \t]*(?:export\s+)?@[\w$]+/m;

/** What Node says of modules in a package that calls itself CommonJS, as `npm init` writes it. */
const COMMONJS = /^(?:Cannot use import statement outside a module|Unexpected token 'export')$/;
const AS_MODULE =
  'set `"type": "module"` in the nearest package.json (npm pkg set type=module), or name the file .mjs';

function hookLoads(hooks: LoadHooks): void {
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith("file:")) return nextLoad(url, context);
      const path = toPath(url);
      if (!hooks.isOwn(path)) return nextLoad(url, context);
      // Told before it is loaded: a broken or missing file is one to watch too; and a save in between makes it look
      // older than it is, and is loaded again.
      const bytes = readNow(path);
      hooks.seen(path, bytes === undefined ? null : contentHash(bytes));
      const loaded = nextLoad(url, context);
      // Where no compiler has made another text of it, what was loaded is the file itself.
      hooks.loaded(path, Buffer.isBuffer(loaded.source) ? contentHash(loaded.source) : undefined);
      if (!loaded.source || !/^module/.test(loaded.format ?? "")) return loaded;
      const source = typeof loaded.source === "string" ? loaded.source : decode(loaded.source);
      const amended = hooks.amend(url, source, bytes && decode(bytes));
      return amended === source ? loaded : { ...loaded, source: amended };
    },
  });
}

function decode(bytes: NodeJS.ArrayBufferView | ArrayBuffer): string {
  return new TextDecoder().decode(bytes);
}

/** Node places few mistakes: some in the first lines of the stack, others nowhere. */
function explain(error: unknown, files: readonly string[]): LoadClue {
  if (!(error instanceof Error)) return {};
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ERR_MODULE_NOT_FOUND") return explainMissing(message);
  const required = code === "MODULE_NOT_FOUND" && explainRequire(message, INSTALLER, thread.readText);
  if (required) return required;
  const clue = headOf(String(error.stack)) ?? transpilerPlace(message);
  if (clue !== undefined) {
    return COMMONJS.test(message) ? { ...clue, message: `${message}; ${AS_MODULE}` } : clue;
  }
  if (error.name === "SyntaxError") return explainSyntax(message, files);
  const importer = UNPLACED.test(String(code)) ? placeOfImport(message, files, thread.readText) : undefined;
  return importer === undefined ? {} : { place: importer };
}

/** `file:///app/a.ts:2`, lines of code, a line with `^` under the column. */
function headOf(stack: string): LoadClue | undefined {
  const [, url, line, rest] = /^((?:file:\/\/)?\/[^\n]*?)(?:\?[^:\n]*)?:(\d+)\n([\s\S]*)/.exec(stack) ?? [];
  if (url === undefined) return undefined;
  const marker = String(rest).split("\n").find((text) => /^[ \t]*\^+[ \t]*$/.test(text));
  const column = marker === undefined ? undefined : marker.indexOf("^") + 1;
  const file = url.startsWith("file:") ? toPath(url) : url;
  return { place: { file, line: Number(line), ...(column !== undefined && { column }) } };
}

/** What compiles TypeScript before Node does says it in its own way: `/app/a.ts:2:6: ERROR: Expected …`. */
function transpilerPlace(message: string): LoadClue | undefined {
  const [, file, line, column, what] = /^(\/.*?):(\d+):(\d+): (?:ERROR|error): (.*)$/m.exec(message) ?? [];
  if (file === undefined) return undefined;
  const place = { file: file.replace(QUERY, ""), line: Number(line), column: Number(column) + 1 };
  return { name: "SyntaxError", message: String(what), place };
}

function explainMissing(message: string): LoadClue {
  const [, kind, name, from] = /Cannot find (module|package) '(.*?)' imported from (.*)$/m.exec(message) ??
    [];
  if (name === undefined || from === undefined) return {};
  const importer = from.startsWith("file:") ? toPath(from) : from.replace(QUERY, "");
  const text = thread.readText(importer) ?? "";
  const isIt = (specifier: string) =>
    kind === "package"
      ? specifier === name || specifier.startsWith(`${name}/`)
      : specifier.startsWith(".") && resolve(dirname(importer), specifier) === name;
  const at = findSpecifier(text, isIt);
  const place = { file: importer, ...at };
  return kind === "package"
    ? { ...noPackage(name, INSTALLER), place }
    : { ...notFound(name), place, missing: name };
}

/** Looks for the mistake with Node's own check, file by file, the newest first. */
function explainSyntax(message: string, files: readonly string[]): LoadClue {
  const candidates = [...files].reverse().filter((path) => /\.[cm]?[jt]sx?$/.test(path)).slice(
    0,
    MOST_CHECKS,
  );
  for (const file of candidates) {
    const text = thread.readText(file) ?? "";
    const [decorator] = DECORATOR.exec(text) ?? [];
    if (decorator !== undefined && message.includes("Invalid or unexpected token")) {
      return undecorated(file, text);
    }
    if (!/\.[cm]?js$/.test(file)) continue;
    const { status, stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8" });
    if (status !== 0) return headOf(stderr) ?? { place: { file } };
  }
  return {};
}

function undecorated(file: string, text: string): LoadClue {
  const before = text.slice(0, text.search(DECORATOR)).split("\n");
  const line = before.length;
  const place: Place = { file, line, column: (text.split("\n")[line - 1] ?? "").indexOf("@") + 1 };
  const message =
    "Node.js itself runs no decorators: start it with a compiler, as in `node --import tsx flow.ts` or " +
    '`NODE_OPTIONS="--import tsx" npx hotflow …`, or bind with `static requests = { default: "foo" }`';
  return { name: "SyntaxError", message, place };
}
