/** TypeScript to JavaScript and declarations, one module at a time. `deno check` has checked the types before. */
import { decode, encode } from "@jridgewell/sourcemap-codec";
import ts from "typescript";
import { dirname, relative } from "node:path";
import type { Vendor } from "./vendor.ts";

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  sourceMap: true,
  isolatedDeclarations: true,
  declaration: true,
};
/** The declarations have the docstrings, the source maps the comments. */
const JAVASCRIPT: ts.CompilerOptions = { ...OPTIONS, removeComments: true };

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

/** A module's JavaScript. Imports of `@std` lead to the bundled copy, other packages stay what they are. */
export function compileModule(path: string, text: string, vendor: Vendor): { code: string; map: string } {
  let source = withImports(
    text,
    (specifier) =>
      // The version is that of the manifest, which is made of deno.json.
      specifier.startsWith(".")
        ? specifier.replace(/\.ts$/, ".js").replace(/\bdeno\.json$/, "package.json")
        : vendor.place(specifier, path),
  );
  source = source.replace(/(import\.meta\.resolve\("[^"]*)\.ts"\)/g, '$1.js")');
  const { outputText, sourceMapText } = ts.transpileModule(source, {
    compilerOptions: JAVASCRIPT,
    fileName: path,
  });
  const map = JSON.parse(String(sourceMapText));
  // One place a line: stacks name the source's lines, and the package is a third smaller.
  const mappings = encode(decode(map.mappings).map((line) => line.slice(0, 1)));
  return { code: outputText, map: JSON.stringify({ ...map, mappings }) };
}

/** A module's declarations. @throws {Error} When a public type has to be inferred. */
export function declarationOf(path: string, text: string): string {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(text, {
    compilerOptions: OPTIONS,
    fileName: path,
    reportDiagnostics: true,
  });
  const [first] = diagnostics;
  // One file alone does not know the well-known symbols: members named by them come a second time, as properties.
  if (first === undefined) return outputText.replace(/^ +(?:static )?\[Symbol\.\w+\]: .*;\n/gm, "");
  const at = first.file?.getLineAndCharacterOfPosition(first.start ?? 0);
  const place = at === undefined ? path : `${path}:${at.line + 1}:${at.character + 1}`;
  throw new Error(`Cannot declare ${place}: ${ts.flattenDiagnosticMessageText(first.messageText, " ")}`);
}

/** How one file of the package imports another. */
export function relativeTo(path: string, target: string): string {
  const way = relative(dirname(path), target).replaceAll("\\", "/");
  return way.startsWith(".") ? way : `./${way}`;
}
