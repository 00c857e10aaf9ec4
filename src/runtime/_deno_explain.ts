/** Explains Deno's errors of failed imports. @module */
import { registerHooks } from "node:module";
import { type LoadClue, remotePlaceIn } from "../errors/mod.ts";
import { findImporter, packageNotFound } from "../script/specifiers.ts";
import { readText } from "./_deno_loads.ts";
import {
  explainDecorator,
  explainer,
  explainRequired,
  type FailedImport,
  filesToCheck,
  importIn,
  placed,
  withoutColours,
} from "./_explain.ts";

/** A bare import that is not mapped, with and without an import map. */
const BARE = /^(?:Import "([^"]+)" not a dependency|Relative import path "([^"]+)" not prefixed with)/;
/** A package that the registry does not have. */
const NO_PACKAGE = /^Could not find constraint '(.+)' in the list of packages/;
/** Imports that Deno rejects without a place. */
const UNPLACED =
  /^(?:Could not find constraint|Attempted to load|Expected a JavaScript|The Wasm module|No such built-in|\[ERR_)/;
/** The start of the stack of a syntax error in CommonJS. */
const COMPILED = /^SyntaxError: .*\n\s+at Object\.compileFunction \(ext:/;

/** See `WorkerRuntime.explain`. */
export const explain = explainer(
  { command: "deno add npm:", manifest: "deno.json" },
  readText,
  [explainBare, explainRequired, explainUnplaced, explainRemote, explainDecorator, explainCommonJs],
);

/** Deno's stack has the place of the import. */
function explainBare({ message, installer }: FailedImport): LoadClue | undefined {
  const [, mapped, unmapped] = BARE.exec(message) ?? [];
  const specifier = mapped ?? unmapped;
  return specifier === undefined ? undefined : packageNotFound(specifier, installer);
}

/** Deno does not report which file imports a package that the registry does not have, or a file that is not a module. */
function explainUnplaced(failed: FailedImport): LoadClue | undefined {
  const { message, files, place } = failed;
  if (place !== undefined || !UNPLACED.test(message)) return undefined;
  const [, name] = NO_PACKAGE.exec(message) ?? [];
  if (name === undefined) return importIn(message, failed);
  return {
    message: `Cannot find the package "npm:${name}": the registry has no such package or version`,
    ...placed(findImporter(files, readText, (specifier) => specifier.startsWith(`npm:${name}`))),
  };
}

/** The error is in a module from a server. */
function explainRemote(failed: FailedImport): LoadClue | undefined {
  const { error, place } = failed;
  const remote = place === undefined ? remotePlaceIn(withoutColours(String(error.stack))) : undefined;
  return remote === undefined ? undefined : importIn(remote, failed);
}

/** Deno does not report the place of a syntax error in CommonJS. The same text as an ES module has the same error. */
async function explainCommonJs({ error, files }: FailedImport): Promise<LoadClue | undefined> {
  if (!COMPILED.test(String(error.stack))) return undefined;
  const candidates = filesToCheck(files, /\.c?js$/);
  for (const file of candidates) {
    const found = await syntaxErrorIn(readText(file) ?? "");
    const [, message, line, column] = /^(.*) at hotflow-check:\d+:(\d+):(\d+)$/s.exec(found) ?? [];
    const shift = line === "1" ? WRAPPER.length : 0;
    if (message === error.message) {
      return { place: { file, line: Number(line), column: Number(column) - shift } };
    }
  }
  // The last imported file is the one that could not be compiled.
  return candidates.length === 0 ? undefined : { place: { file: candidates[0] } };
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
