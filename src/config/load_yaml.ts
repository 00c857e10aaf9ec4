import { parse } from "@std/yaml/parse";
import { type ErrorInfo, LoadError, snippetOf } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { Diagnostics, type Problem } from "./diagnostics.ts";
import { type Position, Positions, type SyntaxProblem } from "./_positions.ts";
import { type Environment, substitute } from "./substitute.ts";
import { pathText, type YamlLocation, type YamlPath } from "./yaml_values.ts";

/** A YAML file as far as it could be loaded. */
export interface LoadedYaml {
  /** Its values, with expressions replaced; `undefined` when it is missing or unreadable. */
  readonly value: unknown;
  /** Whether it has values. */
  readonly isReadable: boolean;
  /**
   * What is wrong with the file as a whole: it does not exist, it cannot be parsed, or it breaks rules of YAML that
   * leave its values readable.
   */
  readonly fault?: "missing" | "unreadable" | "irregular";
  /** Collects what is wrong with the values; expressions have been checked. */
  readonly diagnostics: Diagnostics;
  /** Everything that is wrong so far, with places, in the order of the file. */
  problems(): Promise<Problem[]>;
}

/**
 * Loads a YAML file. Never throws because of its content.
 *
 * @param file The absolute path.
 * @param what What the file is, such as "the Flow's YAML", for the message when it is missing.
 * @param env The environment variables that expressions stand for.
 * @param texts The path of values that are texts even where they look like numbers or dates; `*` stands for any step.
 */
export async function loadYaml(
  file: string,
  what: string,
  env: Environment = (name) => runtime.env(name),
  texts: YamlPath = [],
): Promise<LoadedYaml> {
  const diagnostics = new Diagnostics();
  const text = await runtime.readText(file);
  if (text === undefined) {
    const missing = { path: "", message: `${what} does not exist`, place: { file } };
    const problems = () => Promise.resolve([missing]);
    return { value: undefined, isReadable: false, fault: "missing", diagnostics, problems };
  }
  let parsed: Promise<Positions> | undefined;
  const positions = () => parsed ??= Positions.of(text);
  const problemAt = (path: string, message: string, position: Position) => ({
    path,
    message,
    ...placeIn(file, text, position),
  });
  const { value: raw, fault, syntax } = await parseYaml(text, positions);
  for (const path of pathsOf(raw, texts)) await putText(raw, path, positions);
  const value = substitute(raw, env, diagnostics);
  const problems = async () => {
    const placed = diagnostics.all.map(async ({ path, message, namesPath }) => ({
      ...problemAt(pathText(path), message, (await positions()).at(path)),
      ...(namesPath && { namesPath }),
    }));
    const broken = syntax.map(({ message, ...at }) => problemAt("", message, at));
    return [...broken, ...await Promise.all(placed)].sort(({ place: a }, { place: b }) =>
      a.line - b.line || a.column - b.column
    );
  };
  return { value, isReadable: fault !== "unreadable", fault, diagnostics, problems };
}

/** The text of a YAML file without the values below `env`: snippets are in the log and in the status. */
function withoutSecrets(text: string): string {
  let depth = Infinity;
  // What follows in a line stays where it is, below the caret.
  const inOneLine = text.replace(/\benv:\s*\{[^}\n]*\}?/g, (all) => "env: {…}".padEnd(all.length));
  return inOneLine.split("\n").map((line) => {
    const [, indent, rest] = /^([\s-]*)(.*)$/.exec(line) ?? ["", "", line];
    const [, key, value = ""] = /^("?[\w.-]+"?:)(?:\s+(.*))?$/.exec(rest) ?? [];
    const isInside = indent.length > depth;
    if (rest !== "" && !isInside) depth = key === "env:" ? indent.length : Infinity;
    if (rest === "" || (!isInside && key !== "env:")) return line;
    return indent + (key === undefined ? "…" : value === "" ? key : `${key} …`);
  }).join("\n");
}

/** The line and column of a value of a YAML file, with the lines around it. */
export async function locate({ file, path }: YamlLocation): Promise<Pick<ErrorInfo, "place" | "snippet">> {
  const text = await runtime.readText(file);
  if (text === undefined) return { place: { file } };
  return placeIn(file, text, (await Positions.of(text)).at(path));
}

/** A place in the text of a YAML file, with the lines around it. */
function placeIn(file: string, text: string, { line, column }: Position) {
  const snippet = snippetOf(withoutSecrets(text), line, column);
  return { place: { file, line, column }, ...(snippet !== undefined && { snippet }) };
}

/** The paths of values that a pattern matches, and that are neither texts nor collections. */
function pathsOf(value: unknown, [step, ...rest]: YamlPath): YamlPath[] {
  if (step === undefined || typeof value !== "object" || value === null) return [];
  return Object.entries(value).filter(([key]) => step === "*" || step === key).flatMap(([key, inner]) => {
    const at = Array.isArray(value) ? Number(key) : key;
    if (rest.length > 0) return pathsOf(inner, rest).map((path) => [at, ...path]);
    return typeof inner === "number" || typeof inner === "boolean" || inner instanceof Date ? [[at]] : [];
  });
}

/** Replaces a value by how it is written, if its text would be another: "1.10" is not 1.1. */
async function putText(root: unknown, path: YamlPath, positions: () => Promise<Positions>): Promise<void> {
  const step = (outer: unknown, key: string | number) => (outer as Record<string | number, unknown>)[key];
  const holder = path.slice(0, -1).reduce(step, root) as Record<string | number, unknown>;
  const last = path[path.length - 1];
  const source = (await positions()).sourceAt(path);
  if (source !== undefined && source !== String(holder[last])) holder[last] = source;
}

type ParsedYaml = Pick<LoadedYaml, "fault"> & { value?: unknown; syntax: readonly SyntaxProblem[] };

async function parseYaml(text: string, positions: () => Promise<Positions>): Promise<ParsedYaml> {
  // @std/yaml accepts some of these tabs, and loses the lines that they indent.
  const tab = /^ *\t/m.test(text) ? (await positions()).tab : undefined;
  if (tab !== undefined) {
    const message = "indentation by a tab is not YAML; use spaces";
    return { fault: "unreadable", syntax: [{ message, line: tab.line, column: 1 }] };
  }
  try {
    return { value: parse(text), syntax: [] };
  } catch (error) {
    const document = await positions();
    const { irregularities } = document;
    return irregularities !== undefined
      ? { value: document.value, fault: "irregular", syntax: irregularities }
      : { fault: "unreadable", syntax: [syntaxProblemOf(error as Error, text)] };
  }
}

/**
 * Reads the place out of an error of @std/yaml. The message is the only place where that parser reports it: "… at line
 * 2, column 3:", followed by its own snippet.
 */
function syntaxProblemOf(error: Error, text: string): SyntaxProblem {
  const [, message = error.message, line = 1, column = 1] =
    /^([\s\S]*?) at line (\d+), column (\d+)/.exec(error.message) ?? [];
  const alias = /unidentified alias "(.*)"/.exec(message)?.[1];
  const aliasAt = alias === undefined ? -1 : text.indexOf(`*${alias}`);
  // An unexpected end is reported at the end of the last line, and not in the empty one after it.
  const end = endOf(text.replace(/\n$/, ""));
  const at = aliasAt >= 0
    ? endOf(text.slice(0, aliasAt))
    : Number(line) > end.line
    ? end
    : { line: Number(line), column: Number(column) };
  const reason = message.includes("the provided source object is unacceptable")
    ? "`<<` merges a mapping, or a list of mappings"
    : message.replace(/^Cannot .*?: /, "");
  const hint = text.split("\n")[at.line - 1]?.includes("${{")
    ? '; in braces or brackets, "${{ … }}" needs quotation marks around it'
    : "";
  return { message: reason + hint, ...at };
}

function endOf(text: string): Position {
  const lines = text.split("\n");
  return { line: lines.length, column: lines[lines.length - 1].length + 1 };
}

/** The error of a load that fails because of a YAML file: the place of the first problem, the messages of all. */
export function configError([first, ...others]: readonly Problem[], fault?: LoadedYaml["fault"]): LoadError {
  const { place, snippet } = first;
  const more = others.map(({ message, place }) => `${message} (line ${place.line})`);
  const info: ErrorInfo = {
    name: fault === undefined ? "ConfigError" : fault === "missing" ? "NotFound" : "SyntaxError",
    code: fault === "missing" ? "CONFIG_NOT_FOUND" : "CONFIG_INVALID",
    message: [first.message, ...more].join("; and "),
    stack: "",
    place,
    ...(snippet !== undefined && { snippet }),
  };
  return new LoadError(info);
}
