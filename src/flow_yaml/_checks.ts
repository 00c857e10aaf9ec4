import { isMapping, type Mapping } from "../config/mapping.ts";
import { type Diagnostic, pathText, type YamlPath } from "../config/yaml_path.ts";
import { nearest, preview } from "../errors/mod.ts";
import { MAX_TIMER_MS } from "../async/deadline.ts";
import { isPollTime, POLL_WANTED } from "../options/poll.ts";
import { MOST_REPLICAS } from "../options/options.ts";
import { adviceOn } from "./_jina_keys.ts";

/** What is wanted of a value, in words; `undefined` when the value is right. */
export type Check = (value: unknown) => string | undefined;

export const aBoolean: Check = (value) => typeof value === "boolean" ? undefined : "true or false";

export const aText: Check = (value) => typeof value === "string" && value !== "" ? undefined : "text";

export const aNumber: Check = (value) =>
  typeof value === "number" && value >= 0 ? undefined : "a number from 0 up";

export const aTime: Check = (value) =>
  aNumber(value) === undefined && ((value as number) <= MAX_TIMER_MS || value === Infinity)
    ? undefined
    : `milliseconds from 0 to ${MAX_TIMER_MS}, or .inf for no limit`;

export const aMapping: Check = (value) =>
  value === null || isMapping(value) ? undefined : "a mapping, such as { key: value }";

export const aPort: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535
    ? undefined
    : "a whole number from 0 to 65535 (0 picks a free port)";

export const aPoll: Check = (value) =>
  typeof value === "boolean" || isPollTime(value) ? undefined : POLL_WANTED;

export const aCount: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_REPLICAS
    ? undefined
    : `a whole number from 1 to ${MOST_REPLICAS}`;

/** What is wrong with a file, as it is found. */
export class Diagnostics {
  readonly all: Diagnostic[] = [];

  /** Takes note of a mistake, unless there is one at the same place already. */
  add(path: YamlPath, message: string): void {
    if (!this.has(path)) this.all.push({ path, message });
  }

  /** Whether something was wrong at this very place. */
  has(path: YamlPath): boolean {
    const text = pathText(path);
    return this.all.some((mistake) => pathText(mistake.path) === text);
  }

  /** Whether a value is as it is wanted; one that an expression should have given was reported before. */
  check(value: unknown, path: YamlPath, check: Check): boolean {
    const wanted = check(value);
    if (wanted === undefined) return true;
    const hint = typeof value === "string" && /^\$\{?\w+\}?$/.test(value)
      ? "; an environment variable is written `${{ ENV.NAME }}`"
      : "";
    this.add(path, `\`${pathText(path)}\` has to be ${wanted}, not ${shown(value)}${hint}`);
    return false;
  }

  /** Refuses keys that do not exist, and says what a flow file of Jina's means by them. */
  keys(holder: Mapping, path: YamlPath, known: readonly string[], where: "flow" | "executor"): void {
    for (const key of Object.keys(holder)) {
      if (known.includes(key)) continue;
      const at = [...path, key];
      const advice = adviceOn(key, where);
      if (advice !== undefined) {
        this.add(at, `\`${pathText(at)}\` is a key of Jina for Python, which has no meaning here: ${advice}`);
        continue;
      }
      const near = nearest(key, known);
      this.add(
        at,
        `unknown key \`${pathText(at)}\`${near === undefined ? "" : `; did you mean \`${near}\`?`} ` +
          `(known: ${known.join(", ")})`,
      );
    }
  }
}

/** A value as it is shown in a message: what is text is told from what is not. */
export function shown(value: unknown): string {
  // YAML has dates, and seldom means them.
  if (value instanceof Date) return `the date ${value.toISOString().replace("T00:00:00.000Z", "")}`;
  return typeof value === "string" ? JSON.stringify(preview(value)) : preview(value);
}
