import { spawnSync } from "node:child_process";
import nodeModule, { registerHooks } from "node:module";
import { Buffer } from "node:buffer";
import process from "node:process";
import type { Place } from "../errors/mod.ts";
import { placeInDecorator } from "../script/decorator_place.ts";
import { explain as explainOnDeno } from "./_deno_explain.ts";
import { hookLoads as hookDenoLoads } from "./_deno_loads.ts";
import { readNow, thread } from "./_node_thread.ts";
import { contentHash } from "./content_hash.ts";
import {
  explainRequire,
  type Installer,
  notFound,
  packageNotFound,
  placeOfImport,
} from "../script/specifiers.ts";
import { toPath } from "../paths.ts";
import type { LoadClue } from "../errors/mod.ts";
import type { LoadHooks, WorkerRuntime } from "./runtime.ts";

/** Node inside a worker; and Deno, where it has the package from npm: it loads modules in its own way all the same. */
export const workerRuntime: WorkerRuntime = "Deno" in globalThis
  ? { ...thread, keepsQueries: true, hookLoads: hookDenoLoads, explain: explainOnDeno }
  : { ...thread, keepsQueries: true, hookLoads, explain };

/** What a module may add to the name of another one. */
const QUERY = /\?.*$/;
/** Imports that Node refuses without a place. */
const UNPLACED =
  /^ERR_(?:PACKAGE_(?:IMPORT|PATH)_NOT|IMPORT_ATTRIBUTE|UNKNOWN_(?:BUILTIN_MODULE|FILE_EXTENSION)|UNSUPPORTED_(?:ESM_URL|DIR))/;
/** How many files are looked through for a mistake that Node does not place. */
const MAX_CHECKS = 20;
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
      const amended = hooks.transform(url, source, bytes && decode(bytes));
      return amended === source ? loaded : { ...loaded, source: amended };
    },
  });
}

function decode(bytes: NodeJS.ArrayBufferView | ArrayBuffer): string {
  return new TextDecoder().decode(bytes);
}

/** Node places few mistakes: some in the first lines of the stack, others nowhere. */
function explain(error: unknown, files: readonly string[], thrownAt?: Place): LoadClue {
  if (!(error instanceof Error)) return {};
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ERR_MODULE_NOT_FOUND") return explainMissing(message, files);
  const required = code === "MODULE_NOT_FOUND" && explainRequire(message, INSTALLER, thread.readText);
  if (required) return required;
  const clue = headOf(String(error.stack)) ?? transpilerPlace(message);
  if (clue !== undefined) {
    return COMMONJS.test(message) ? { ...clue, message: `${message}; ${AS_MODULE}` } : clue;
  }
  if (error.name === "SyntaxError") return explainSyntax(message, files);
  const place = UNPLACED.test(String(code))
    ? placeOfImport(message, files, thread.readText)
    : thrownAt && placeInDecorator(error, thrownAt, thread.readText(thrownAt.file) ?? "");
  return place === undefined ? {} : { place };
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

function explainMissing(message: string, files: readonly string[]): LoadClue {
  const [, kind, name] = /Cannot find (module|package) '(.*?)' imported from /.exec(message) ?? [];
  if (name === undefined) return {};
  const place = placeOfImport(message, files, thread.readText);
  const said = kind === "package" ? packageNotFound(name, INSTALLER) : { ...notFound(name), missing: name };
  return { ...said, ...(place && { place }) };
}

/** Looks for the mistake with Node's own check, file by file, the newest first. */
function explainSyntax(message: string, files: readonly string[]): LoadClue {
  const candidates = [...files].reverse().filter((path) => /\.[cm]?[jt]sx?$/.test(path)).slice(
    0,
    MAX_CHECKS,
  );
  for (const file of candidates) {
    const text = thread.readText(file) ?? "";
    const [decorator] = DECORATOR.exec(text) ?? [];
    if (decorator !== undefined && message.includes("Invalid or unexpected token")) {
      return undecorated(file, text);
    }
    const said = checkOf(file, text);
    if (said !== undefined) return headOf(said) ?? { place: { file } };
  }
  return {};
}

/** What Node's own check says of a file; `undefined` when it finds no mistake, or cannot read the file's kind. */
function checkOf(file: string, text: string): string | undefined {
  const isPlain = /\.[cm]?js$/.test(file);
  const code = isPlain ? undefined : withoutTypes(text);
  if (!isPlain && code === undefined) return undefined;
  const kind = file.endsWith(".cts") ? "commonjs" : "module";
  const args = isPlain ? ["--check", file] : ["--check", `--input-type=${kind}`];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", input: code });
  return status === 0 ? undefined : stderr.replace(/^\[stdin\]/, file);
}

/** TypeScript with spaces in the place of its types; `undefined` where only a compiler can read it. */
function withoutTypes(text: string): string | undefined {
  const { emitWarning } = process;
  // Node warns that the function is an experiment; it runs nothing else that could warn.
  process.emitWarning = () => {};
  try {
    return nodeModule.stripTypeScriptTypes(text);
  } catch {
    return undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
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
