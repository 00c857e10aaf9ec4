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
  const { version, sources, mappings } = JSON.parse(String(sourceMapText));
  // One place a line: stacks name the source's lines, and the package is a third smaller.
  const lines = decode(mappings).map((line) => line.slice(0, 1));
  for (const [segment] of lines) if (segment !== undefined) segment[0] = 0;
  const map = { version, sources, names: [], mappings: encode(lines) };
  return { code: withoutSpaces(outputText), map: JSON.stringify(map) };
}

/** JavaScript without the spaces that it does not need. Its lines stay what they are: maps and stacks count them. */
function withoutSpaces(code: string): string {
  const file = ts.createSourceFile("a.js", code, ts.ScriptTarget.ES2022);
  // Who runs it is no token.
  let out = /^#!.*/.exec(code)?.[0] ?? "";
  let end = out.length;
  /** Private names, which nobody else sees, by their order. */
  const names = new Map<string, string>();
  const shortOf = (name: string) => {
    names.set(name, names.get(name) ?? `#p${names.size}`);
    return names.get(name) as string;
  };
  const visit = (node: ts.Node) => {
    const children = node.getChildren(file);
    if (children.length > 0) return children.forEach(visit);
    const token = ts.isPrivateIdentifier(node) ? shortOf(node.text) : node.getText(file);
    if (token === "") return;
    const start = node.getStart(file);
    const lines = code.slice(end, start).split("\n").length - 1;
    const isTight = lines > 0 || out === "" || !wantsSpace(out[out.length - 1], token[0]);
    out += "\n".repeat(lines) + (isTight ? "" : " ") + token;
    end = node.end;
  };
  visit(file);
  return `${out}${code.slice(end).replace(/[^\n]/g, "")}`;
}

/** Whether two tokens would become another one, or two others, without a space. */
function wantsSpace(before: string, after: string): boolean {
  const isWord = (character: string) => /[\w$#\\\u0080-\uffff]/.test(character);
  return (isWord(before) && isWord(after)) || (before === after && /[+\-/&|<>=*?.]/.test(before)) ||
    (before === "/" && isWord(after)) || (/\d/.test(before) && after === ".");
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
  if (first === undefined) {
    return withoutExamples(outputText.replace(/^ +(?:static )?\[Symbol\.\w+\]: .*;\n/gm, ""));
  }
  const at = first.file?.getLineAndCharacterOfPosition(first.start ?? 0);
  const place = at === undefined ? path : `${path}:${at.line + 1}:${at.character + 1}`;
  throw new Error(`Cannot declare ${place}: ${ts.flattenDiagnosticMessageText(first.messageText, " ")}`);
}

/** Declarations without the docstrings' examples: those are for Deno, by the package's name on JSR. */
function withoutExamples(declaration: string): string {
  return declaration.replace(
    /\/\*\*[^]*?\*\//g,
    (comment) => comment.replace(/(?:\s*\*)?\s*\* @example[^]*?(?=\s*\* @|\s*\*\/$)/g, ""),
  );
}

/** How one file of the package imports another. */
export function relativeTo(path: string, target: string): string {
  const way = relative(dirname(path), target).replaceAll("\\", "/");
  return way.startsWith(".") ? way : `./${way}`;
}
