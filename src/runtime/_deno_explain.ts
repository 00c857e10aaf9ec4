/** Explains Deno's errors of failed imports. @module */
import { registerHooks } from "node:module";
import { type LoadClue, type Place, remotePlaceIn, toErrorInfo, withoutColours } from "../errors/mod.ts";
import { placeInDecorator } from "../script/decorator_place.ts";
import { basename, toPath, toUrl } from "../paths.ts";
import {
  explainRequire,
  findImporter,
  findSpecifier,
  packageNotFound,
  placeOfImport,
  specifiersIn,
} from "../script/specifiers.ts";
import { isPathOrUrl, readText, unmappedName } from "./_deno_loads.ts";

const INSTALLER = { command: "deno add npm:", manifest: "deno.json" };
/** The maximum number of files that are checked for a syntax error without a place. */
const MAX_CHECKS = 20;
/** A bare import that is not mapped, with and without an import map. */
const BARE = /^(?:Import "([^"]+)" not a dependency|Relative import path "([^"]+)" not prefixed with)/;
/** The message of the hook for resolved imports, which Deno wraps. */
const NO_BUILTIN = /^(?:TypeError: )?(No such built-in module: (\S+))/;
/** The message for a file that does not exist. */
const MISSING = /^Module not found "([^"]+)"/;
/** The message for any import that fails whose URL comes from a hook. */
const UNPREPARED = /^Loading unprepared module: (\S+), imported from: (\S+)/;
/** A package that the registry does not have. */
const NO_PACKAGE = /^Could not find constraint '(.+)' in the list of packages/;
/** Imports that Deno rejects without a place. */
const UNPLACED =
  /^(?:Could not find constraint|Attempted to load|Expected a JavaScript|The Wasm module|\[ERR_)/;
/** The start of the stack of a syntax error in CommonJS. */
const COMPILED = /^SyntaxError: .*\n\s+at Object\.compileFunction \(ext:/;

/** See `WorkerRuntime.explain`. */
export async function explain(
  error: unknown,
  files: readonly string[],
  place?: Place,
): Promise<LoadClue | undefined> {
  if (!(error instanceof Error)) return undefined;
  const [message, stack] = [error.message, String(error.stack)].map(withoutColours);
  const [, mapped, prefixed] = BARE.exec(message) ?? [];
  const bare = mapped ?? prefixed;
  // The stack has the place of the import.
  if (bare !== undefined) return packageNotFound(bare, INSTALLER);
  const [, missing] = MISSING.exec(message) ?? [];
  const unmapped = missing === undefined ? undefined : unmappedName(missing);
  if (unmapped !== undefined) {
    return { ...packageNotFound(unmapped, INSTALLER), place: placeOf(unmapped, files) };
  }
  const [, noBuiltin, builtin] = NO_BUILTIN.exec(message) ?? [];
  if (noBuiltin !== undefined) return { message: noBuiltin, place: placeOf(String(builtin), files) };
  const [, url, importer] = UNPREPARED.exec(message) ?? [];
  if (importer !== undefined) return await explainUnprepared(url, toPath(importer), files);
  const required = explainRequire(message, INSTALLER, readText);
  if (required !== undefined) return required;
  if (place === undefined) {
    if (UNPLACED.test(message)) return explainUnplaced(message, files);
    const remote = remotePlaceIn(stack);
    if (remote !== undefined) return { place: placeOfImport(remote, files, readText) };
  }
  const decorator = place && placeInDecorator(error, place, readText(place.file) ?? "");
  if (decorator !== undefined) return { place: decorator };
  return COMPILED.test(stack) ? { place: await placeInCommonJs(error.message, files) } : undefined;
}

/** Finds the import of a name. */
function placeOf(name: string, files: readonly string[]): Place | undefined {
  return findImporter(files, readText, (specifier) => specifier === name);
}

/** Explains the failed import of a module whose URL comes from a hook: Deno reports that URL and the importer only. */
async function explainUnprepared(
  url: string,
  importer: string,
  files: readonly string[],
): Promise<LoadClue | undefined> {
  const path = toPath(url);
  const isIt = (specifier: string) => toPath(new URL(specifier, toUrl(importer))) === path;
  if (readText(path) === undefined) {
    const text = readText(importer) ?? "";
    const name = unmappedName(url) ?? [...specifiersIn(text)].find(isIt) ?? basename(path);
    const at = findSpecifier(text, (specifier) => specifier === name);
    const clue = isPathOrUrl(name)
      ? { message: `Module not found "${path}".` }
      : packageNotFound(name, INSTALLER);
    return { ...clue, place: { file: importer, ...at } };
  }
  // The module itself is broken: imported directly, it fails with Deno's own message.
  const error = await import(`${toUrl(path)}?v=0${++checks}`).then(
    () => undefined,
    (error) => error,
  );
  if (!(error instanceof Error)) return undefined;
  const { name, message, place } = toErrorInfo(error);
  const clue = await explain(error, files, place);
  return { name, message, ...clue, place: clue?.place ?? place ?? placeOfImport(url, [importer], readText) };
}

/** Deno does not report which file imports a package that the registry does not have, or a file that is not a module. */
function explainUnplaced(message: string, files: readonly string[]): LoadClue {
  const [, name] = NO_PACKAGE.exec(message) ?? [];
  if (name === undefined) return { place: placeOfImport(message, files, readText) };
  return {
    message: `Cannot find the package "npm:${name}": the registry has no such package or version`,
    place: findImporter(files, readText, (specifier) => specifier.startsWith(`npm:${name}`)),
  };
}

/** Deno does not report the place of a syntax error in CommonJS. The same text as an ES module has the same error. */
async function placeInCommonJs(message: string, files: readonly string[]): Promise<Place | undefined> {
  const candidates = files.filter((path) => /\.c?js$/.test(path)).reverse().slice(0, MAX_CHECKS);
  for (const file of candidates) {
    const found = await syntaxErrorIn(readText(file) ?? "");
    const [, text, line, column] = /^(.*) at hotflow-check:\d+:(\d+):(\d+)$/s.exec(found) ?? [];
    const shift = line === "1" ? WRAPPER.length : 0;
    if (text === message) return { file, line: Number(line), column: Number(column) - shift };
  }
  // The last imported file is the one that could not be compiled.
  return candidates.length === 0 ? undefined : { file: candidates[0] };
}

/** The function that CommonJS wraps around a module. */
const WRAPPER = "(function (exports, require, module, __filename, __dirname) {";
let checks = 0;

/** V8's message for the first syntax error in a text. The text is never run: a syntax error is appended to it. */
async function syntaxErrorIn(text: string): Promise<string> {
  const check = `hotflow-check:${++checks}`;
  const source = `${WRAPPER}${text.replace(/^#!/, "//")}\n})\n;)`;
  const hooks = registerHooks({
    load: (url, context, nextLoad) =>
      url === check ? { format: "module", source, shortCircuit: true } : nextLoad(url, context),
  });
  try {
    return await import(check).then(() => "", (error) => withoutColours(String(error.message)));
  } finally {
    hooks.deregister();
  }
}
