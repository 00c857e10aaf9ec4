import { nearest, preview } from "../errors/mod.ts";
import type { Mapping } from "./mapping.ts";
import type { Problem } from "./problem.ts";
import type { Check } from "./violation.ts";
import { pathText, type YamlPath } from "./yaml_path.ts";

/** Something that is wrong with a value of a YAML file; its line is looked up later. */
export interface Diagnostic {
  /** The path of the value; what is missing is reported at the value that should contain it. */
  readonly path: YamlPath;
  readonly message: string;
  /** Whether the message contains the path. */
  readonly namesPath?: boolean;
}

/** Collects what is wrong with a YAML file. */
export class Diagnostics {
  readonly #found: Diagnostic[] = [];

  /** Adds a diagnostic, unless there is one at the same path already: the first one is the cause of the others. */
  add(path: YamlPath, message: string, namesPath = false): void {
    if (!this.has(path)) this.#found.push({ path, message, ...(namesPath && { namesPath }) });
  }

  /** Everything found so far. */
  get all(): readonly Diagnostic[] {
    return this.#found;
  }

  /** Whether there is a diagnostic at exactly this path. */
  has(path: YamlPath): boolean {
    const text = pathText(path);
    return this.#found.some((diagnostic) => pathText(diagnostic.path) === text);
  }

  /** Whether there is a diagnostic at this path or below. */
  hasWithin(outer: YamlPath): boolean {
    return this.#found.some(({ path }) => outer.every((step, index) => path[index] === step));
  }

  /**
   * Checks a value, and adds a diagnostic when it is invalid.
   *
   * @param value The value.
   * @param path Its path.
   * @param check Finds what is wrong with it.
   * @param name The end of the path that the message contains.
   * @returns Whether the value is valid.
   */
  check(value: unknown, path: YamlPath, check: Check, name: YamlPath = path): boolean {
    const violation = check(value);
    if (violation === undefined) return true;
    const text = `\`${pathText(name)}\``;
    const namesPath = name.length === path.length;
    if ("reason" in violation) this.add(path, `${text}: ${violation.reason}`, namesPath);
    else {
      const isVariable = typeof value === "string" && /^\$\{?\w+\}?$/.test(value);
      const hint = isVariable ? "; an environment variable is written `${{ ENV.NAME }}`" : "";
      this.add(path, `${text} has to be ${violation.expected}, not ${shown(value)}${hint}`, namesPath);
    }
    return false;
  }

  /**
   * Adds a diagnostic for each unknown key.
   *
   * @param holder The mapping.
   * @param path Its path.
   * @param known The keys there are.
   * @param adviceOn What to do about a key that means something elsewhere.
   */
  checkKeys(
    holder: Mapping,
    path: YamlPath,
    known: readonly string[],
    adviceOn: (key: string) => string | undefined,
  ): void {
    for (const key of Object.keys(holder).filter((key) => !known.includes(key))) {
      const at = [...path, key];
      const advice = adviceOn(key);
      const near = nearest(key, known);
      const message = advice !== undefined
        ? `\`${pathText(at)}\` is a key of Jina for Python, which has no meaning here: ${advice}`
        : `unknown key \`${pathText(at)}\`${near === undefined ? "" : `; did you mean \`${near}\`?`} ` +
          `(known: ${known.join(", ")})`;
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

/** Sorts problems of one file by their places. */
export function byPlace({ place: a }: Problem, { place: b }: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
