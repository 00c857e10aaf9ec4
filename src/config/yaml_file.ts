import { parse } from "@std/yaml/parse";
import { type ErrorInfo, LoadError, snippetOf } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { type Position, Positions } from "./_positions.ts";
import type { Problem } from "./problem.ts";
import { type Mistake, pathText, type YamlPath } from "./yaml_path.ts";

/** What a file's text says. */
export interface Parsed {
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
  async parse(): Promise<Parsed> {
    const tab = this.text.split("\n").findIndex((line) => /^ *\t+ *\S/.test(line));
    if (tab >= 0) {
      const at = { line: tab + 1, column: 1 };
      return { problems: [this.#problem("", "indentation by a tab is not YAML; use spaces", at)] };
    }
    try {
      return { value: parse(this.text), problems: [] };
    } catch (error) {
      return await this.#broken(error as Error);
    }
  }

  /** Says where a mistake stands. */
  async problem({ path, message }: Mistake): Promise<Problem> {
    return this.#problem(pathText(path), message, await this.position(path));
  }

  /** Where a key or an item of a list stands. */
  async position(path: YamlPath): Promise<Position> {
    this.#positions ??= Positions.of(this.text);
    return (await this.#positions).at(path);
  }

  async #broken(error: Error): Promise<Parsed> {
    this.#positions ??= Positions.of(this.text);
    const positions = await this.#positions;
    const { slips } = positions;
    if (slips !== undefined) {
      return {
        value: positions.value,
        problems: slips.map(({ message, line, column }) => this.#problem("", message, { line, column })),
      };
    }
    // "… at line 2, column 3:" is followed by the parser's own snippet.
    const [, message, line, column] = /^([\s\S]*?) at line (\d+), column (\d+)/.exec(error.message) ??
      [, error.message];
    const at = line === undefined ? { line: 1, column: 1 } : { line: Number(line), column: Number(column) };
    const said = String(message).replace(/^Cannot .*?: /, "");
    const hint = this.text.split("\n")[at.line - 1]?.includes("${{")
      ? '; in braces or brackets, "${{ … }}" wants quotation marks around it'
      : "";
    return { problems: [this.#problem("", said + hint, at)] };
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

/** A problem as the error that a load fails with. */
export function toLoadError({ message, place, snippet }: Problem, name = "ConfigError"): LoadError {
  const info: ErrorInfo = { name, message, stack: "", place, ...(snippet !== undefined && { snippet }) };
  return new LoadError(info);
}
