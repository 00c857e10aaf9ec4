/** What Deno's errors of a failed import leave unsaid. @module */
import { registerHooks } from "node:module";
import { type Place, remotePlaceIn } from "../errors/mod.ts";
import { placeInDecorator } from "../script/decorator_place.ts";
import { readText } from "./_deno_loads.ts";
import {
  explainRequire,
  findImporter,
  type Installer,
  packageNotFound,
  placeOfImport,
} from "../script/specifiers.ts";
import type { LoadClue } from "../errors/mod.ts";

const INSTALLER: Installer = { command: "deno add npm:", manifest: "deno.json" };
/** How many files are looked through for a mistake that Deno does not place. */
const MAX_CHECKS = 20;
/** A bare import that nothing maps, with and without an import map. */
const BARE = /^(?:Import "([^"]+)" not a dependency|Relative import path "([^"]+)" not prefixed with)/;
/** Imports that Deno refuses without a place. */
const UNPLACED =
  /^(?:Could not find constraint|Attempted to load|Expected a JavaScript|The Wasm module|No such built-in|\[ERR_)/;
/** How the stack of a mistake in CommonJS begins. */
const COMPILED = /^SyntaxError: .*\n\s+at Object\.compileFunction \(ext:/;

/** Explains an error; `place` is where its stack says that it was thrown. */
export async function explain(
  error: unknown,
  files: readonly string[],
  place: Place | undefined,
): Promise<LoadClue> {
  if (!(error instanceof Error)) return {};
  const message = plain(error.message);
  const bare = BARE.exec(message);
  if (bare !== null) return packageNotFound(bare[1] ?? bare[2], INSTALLER);
  const required = explainRequire(message, INSTALLER, readText);
  if (required !== undefined) return required;
  if (place === undefined && UNPLACED.test(message)) return inImporter(message, files);
  const remote = place === undefined ? remotePlaceIn(plain(String(error.stack))) : undefined;
  if (remote !== undefined) return placed(placeOfImport(remote, files, readText));
  const decorator = place && placeInDecorator(error, place, readText(place.file) ?? "");
  if (decorator !== undefined) return { place: decorator };
  return COMPILED.test(String(error.stack)) ? await inCommonJs(error.message, files) : {};
}

/** Deno does not say who imports a package that the registry does not have, or a file that is no module. */
function inImporter(message: string, files: readonly string[]): LoadClue {
  const [, name] = /^Could not find constraint '(.+)' in the list of packages/.exec(message) ?? [];
  if (name === undefined) return placed(placeOfImport(message, files, readText));
  const place = findImporter(files, readText, (specifier) => specifier.startsWith(`npm:${name}`));
  const said = `Cannot find the package "npm:${name}": the registry has no such package or version`;
  return { message: said, ...placed(place) };
}

function placed(place: Place | undefined): LoadClue {
  return place === undefined ? {} : { place };
}

/** Deno places no mistake in CommonJS: as an ES module, the same text has the same one, with a place. */
async function inCommonJs(message: string, files: readonly string[]): Promise<LoadClue> {
  const candidates = [...files].reverse().filter((path) => /\.c?js$/.test(path)).slice(0, MAX_CHECKS);
  for (const file of candidates) {
    const said = await mistakeIn(readText(file) ?? "");
    const [, what, line, column] = /^(.*) at hotflow-check:\d+:(\d+):(\d+)$/s.exec(said) ?? [];
    const shift = line === "1" ? WRAPPER.length : 0;
    if (what === message) return { place: { file, line: Number(line), column: Number(column) - shift } };
  }
  // It was loaded last, and that ended at once.
  return candidates.length === 0 ? {} : { place: { file: candidates[0] } };
}

/** As CommonJS wraps a module. */
const WRAPPER = "(function (exports, require, module, __filename, __dirname) {";
let checks = 0;

/** What V8 says of the first mistake in a text, which is not run: it ends with a mistake. */
async function mistakeIn(text: string): Promise<string> {
  const check = `hotflow-check:${++checks}`;
  const source = `${WRAPPER}${text.replace(/^#!/, "//")}\n})\n;)`;
  const hooks = registerHooks({
    load: (url, context, nextLoad) =>
      url === check ? { format: "module", source, shortCircuit: true } : nextLoad(url, context),
  });
  try {
    return await import(check).then(() => "", (error) => plain(String(error.message)));
  } finally {
    hooks.deregister();
  }
}

/** A message without colours. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex -- colour codes begin with the escape character
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}
