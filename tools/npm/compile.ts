/** TypeScript to JavaScript and declarations, one module at a time. `deno check` has checked the types before. */
import ts from "typescript";
import { dirname, relative } from "node:path";
import type { Vendor } from "./vendor.ts";

const OPTIONS: ts.CompilerOptions = {
  // Types are taken off, and nothing is rewritten: for older targets, TypeScript breaks classes that name themselves.
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  isolatedDeclarations: true,
  declaration: true,
};

/** The specifiers of all imports and exports in a module, `import()` included. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** A module with other specifiers in its imports and exports. */
export function withImports(text: string, change: (specifier: string) => string): string {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  // From the end, so that the places before stay right; each is that of the quotation mark.
  return importedFiles.toReversed().reduce(
    (source, { fileName, pos }) =>
      source.slice(0, pos + 1) + change(fileName) + source.slice(pos + 1 + fileName.length),
    text,
  );
}

/** A module's JavaScript, whose docstrings are in its declarations. Imports of `@std` lead to the bundled copy, other packages keep their names. */
export function compileModule(path: string, text: string, vendor: Vendor): string {
  const source = withImports(text, (specifier) =>
    // The version is that of the manifest, which is made of deno.json.
    specifier.startsWith(".")
      ? specifier.replace(/\.ts$/, ".js").replace(/\bdeno\.json$/, "package.json")
      : vendor.place(specifier, path))
    .replace(/(import\.meta\.resolve\("[^"]*)\.ts"\)/g, '$1.js")');
  const compilerOptions = { ...OPTIONS, removeComments: true };
  return ts.transpileModule(source, { compilerOptions, fileName: path }).outputText;
}

/** The package's names on JSR, which the examples in docstrings import, and on npm. */
const JSR_NAME = "@hotflow/hotflow";
const NPM_NAME = "hotflow";

/**
 * A property named by a well-known symbol, with its docstring. One file alone has no types of such symbols, so that
 * TypeScript declares such members twice: as what they are, and as properties.
 */
const SYMBOL_PROPERTY = /^(?: +\/\*\*(?:(?!\*\/)[^])*\*\/\n)? +(?:static )?\[Symbol\.\w+\]: .*;\n/gm;

/**
 * A module's declarations, with its docstrings and their examples.
 *
 * @throws {Error} When a public type has to be inferred.
 */
export function declarationOf(path: string, text: string): string {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(text, {
    compilerOptions: OPTIONS,
    fileName: path,
    reportDiagnostics: true,
  });
  const [first] = diagnostics;
  if (first === undefined) {
    return outputText.replace(SYMBOL_PROPERTY, "").replaceAll(`"${JSR_NAME}"`, `"${NPM_NAME}"`);
  }
  const at = first.file?.getLineAndCharacterOfPosition(first.start ?? 0);
  const place = at === undefined ? path : `${path}:${at.line + 1}:${at.character + 1}`;
  throw new Error(`Cannot declare ${place}: ${ts.flattenDiagnosticMessageText(first.messageText, " ")}`);
}

/** How one file of the package imports another. */
export function relativeTo(path: string, target: string): string {
  const way = relative(dirname(path), target).replaceAll("\\", "/");
  return way.startsWith(".") ? way : `./${way}`;
}
