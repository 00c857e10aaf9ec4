import { nearest, type Place, preview } from "../errors/mod.ts";
import type { Check } from "./check.ts";
import { type Mapping, pathText, type YamlPath } from "./yaml_values.ts";

/** Something that is wrong with a value of a YAML file; its line is looked up later. */
export interface Diagnostic {
  /** The path of the value; what is missing is reported at the value that should contain it. */
  readonly path: YamlPath;
  readonly message: string;
  /** Whether the message contains the path. */
  readonly namesPath?: boolean;
}

/** Something that is wrong with a configuration file. */
export interface Problem {
  /** The path of the value, such as `executors[1].needs`; empty when the problem concerns the whole file. */
  readonly path: string;
  /** What is wrong, with the value, what is expected, and the nearest valid name if there is one. */
  readonly message: string;
  /** Where the value is. */
  readonly place: Place;
  /** The lines around it, with a marker under the column. */
  readonly snippet?: string;
  /** Whether the message contains the path already. */
  readonly namesPath?: boolean;
}

/** Collects what is wrong with a YAML file. */
export class Diagnostics {
  /** Everything found so far. */
  readonly all: Diagnostic[] = [];

  /** Adds a diagnostic, unless there is one at the same path already: the first one is the cause of the others. */
  add(path: YamlPath, message: string, namesPath = false): void {
    if (!this.has(path)) this.all.push({ path, message, ...(namesPath && { namesPath }) });
  }

  /** Adds a diagnostic whose message is the path and a reason. */
  refuse(path: YamlPath, reason: string): void {
    this.add(path, `\`${pathText(path)}\`: ${reason}`, true);
  }

  /** Whether there is a diagnostic at exactly this path. */
  has(path: YamlPath): boolean {
    const text = pathText(path);
    return this.all.some((diagnostic) => pathText(diagnostic.path) === text);
  }

  /** Whether there is a diagnostic at this path or below. */
  hasWithin(outer: YamlPath): boolean {
    return this.all.some(({ path }) => outer.every((step, index) => path[index] === step));
  }

  /**
   * Adds a diagnostic when a value is invalid.
   *
   * @param name The end of the path that the message contains.
   * @returns Whether the value is valid.
   */
  check(value: unknown, path: YamlPath, check: Check, name: YamlPath = path): boolean {
    const violation = check(value);
    if (violation === undefined) return true;
    const { at = [] } = violation;
    const part = at.reduce((outer: unknown, step) => Object(outer)[step], value);
    const isVariable = typeof part === "string" && /^\$\{?\w+\}?$/.test(part);
    const hint = isVariable ? "; an environment variable is written `${{ ENV.NAME }}`" : "";
    const problem = "reason" in violation
      ? `: ${violation.reason}`
      : ` has to be ${violation.expected}, not ${shown(part)}${hint}`;
    const message = `\`${pathText([...name, ...at])}\`${problem}`;
    this.add([...path, ...at], message, name.length === path.length);
    return false;
  }

  /** Adds a diagnostic for each unknown key; `adviceOn` is what to do about a key that means something elsewhere. */
  checkKeys(
    holder: Mapping,
    path: YamlPath,
    known: readonly string[],
    adviceOn: (key: string) => string | undefined,
  ): void {
    for (const key of Object.keys(holder).filter((key) => !known.includes(key))) {
      const at = [...path, key];
      const name = `\`${pathText(at)}\``;
      const advice = adviceOn(key);
      const near = nearest(key, known);
      const hint = near === undefined ? "" : `; did you mean \`${near}\`?`;
      const message = advice === undefined
        ? `unknown key ${name}${hint} (known: ${known.join(", ")})`
        : `${name} is a key of Jina for Python, which has no meaning here: ${advice}`;
      this.add(at, message, true);
    }
  }
}

/** Writes a value for a message: strings in quotation marks. */
export function shown(value: unknown): string {
  // YAML has dates, which are rarely intended.
  if (value instanceof Date) return `the date ${value.toISOString().replace("T00:00:00.000Z", "")}`;
  return typeof value === "string" ? JSON.stringify(preview(value)) : preview(value);
}
