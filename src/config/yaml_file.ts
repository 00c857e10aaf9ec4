import { parse } from "@std/yaml/parse";
import { type ErrorInfo, LoadError, snippetOf } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { type Position, Positions } from "./_positions.ts";
import type { Problem } from "./problem.ts";
import { type Diagnostic, pathText, type YamlPath } from "./yaml_path.ts";

/** What a file's text says. */
export interface ParsedYaml {
  /** Its values; `undefined` when they cannot be made out. */
  readonly value?: unknown;
  /** Why it is no good YAML. */
  readonly problems: readonly Problem[];
}

/** One YAML file while it is read. */
export class YamlFile {
  #positions?: Promise<Positions>;

  private constructor(readonly path: string, private readonly text: string) {}

  /** Reads it; `undefined` when it is not there. */
  static async read(path: string): Promise<YamlFile | undefined> {
    const text = await runtime.readText(path);
    return text === undefined ? undefined : new YamlFile(path, text);
  }

  /** Makes values of its text. Slips that hide nothing else leave the values readable. */
  async parse(): Promise<ParsedYaml> {
    // The parser of the values reads past some of them, and loses what stands there.
    const tab = /^ *\t/m.test(this.text) ? (await this.#placed()).tab : undefined;
    if (tab !== undefined) {
      const at = { line: tab.line, column: 1 };
      return { problems: [this.#problem("", "indentation by a tab is not YAML; use spaces", at)] };
    }
    try {
      return { value: parse(this.text), problems: [] };
    } catch (error) {
      return await this.#broken(error as Error);
    }
  }

  /** Says where a mistake stands. */
  async problem({ path, message }: Diagnostic): Promise<Problem> {
    return this.#problem(pathText(path), message, await this.position(path));
  }

  /** Says where mistakes stand. */
  problems(mistakes: readonly Diagnostic[]): Promise<Problem[]> {
    return Promise.all(mistakes.map((mistake) => this.problem(mistake)));
  }

  /** Where a key or an item of a list stands. */
  async position(path: YamlPath): Promise<Position> {
    return (await this.#placed()).at(path);
  }

  #placed(): Promise<Positions> {
    return this.#positions ??= Positions.of(this.text);
  }

  async #broken(error: Error): Promise<ParsedYaml> {
    const positions = await this.#placed();
    const { recoverableErrors: slips } = positions;
    if (slips !== undefined) {
      return {
        value: positions.value,
        problems: slips.map(({ message, line, column }) => this.#problem("", message, { line, column })),
      };
    }
    // "… at line 2, column 3:" is followed by the parser's own snippet.
    const [, message = error.message, line = 1, column = 1] =
      /^([\s\S]*?) at line (\d+), column (\d+)/.exec(error.message) ?? [];
    const alias = /unidentified alias "(.*)"/.exec(message)?.[1];
    const at = (alias === undefined ? undefined : this.#find(`*${alias}`)) ??
      this.#within({ line: Number(line), column: Number(column) });
    const said = message.includes("the provided source object is unacceptable")
      ? "`<<` merges a mapping, or a list of mappings"
      : message.replace(/^Cannot .*?: /, "");
    const hint = this.text.split("\n")[at.line - 1]?.includes("${{")
      ? '; in braces or brackets, "${{ … }}" wants quotation marks around it'
      : "";
    return { problems: [this.#problem("", said + hint, at)] };
  }

  /** Where a text stands first. */
  #find(text: string): Position | undefined {
    const offset = this.text.indexOf(text);
    if (offset < 0) return undefined;
    const before = this.text.slice(0, offset).split("\n");
    return { line: before.length, column: before[before.length - 1].length + 1 };
  }

  /** What breaks off at the end is wrong in its last line, and not in the one that would follow. */
  #within({ line, column }: Position): Position {
    const lines = this.text.replace(/\n$/, "").split("\n");
    return line <= lines.length
      ? { line, column }
      : { line: lines.length, column: lines[lines.length - 1].length + 1 };
  }

  #problem(path: string, message: string, at: Position): Problem {
    const snippet = snippetOf(this.text, at.line, at.column);
    return {
      path,
      message,
      place: { file: this.path, line: at.line, column: at.column },
      ...(snippet !== undefined && { snippet }),
    };
  }
}

/** Problems as the error that a load fails with: the first one, and in its message the others. */
export function configError([first, ...others]: readonly Problem[], name = "ConfigError"): LoadError {
  const { place, snippet } = first;
  const also = others.map(({ message, place }) => `${message} (line ${place.line})`).join("; and ");
  const message = also === "" ? first.message : `${first.message}; and ${also}`;
  const info: ErrorInfo = {
    name,
    code: "CONFIG_INVALID",
    message,
    stack: "",
    place,
    ...(snippet !== undefined && { snippet }),
  };
  return new LoadError(info);
}
