import { nearest, preview } from "../errors/mod.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { isMapping, pathText, type YamlPath } from "./yaml_values.ts";

const EXPRESSION = /\$\{\{\s*(.*?)\s*\}\}/g;
const ENV = /^(?:ENV|env)\.([A-Za-z_]\w*)$/;
const ROOT = /^root((?:\.[\w-]+|\[\d+\])+)$/;
const EXPECTED = "expected `${{ ENV.NAME }}` for an environment variable or `${{ root.path.to[0].value }}`";

/** Environment variables by name; `undefined` for one that is not set. */
export type Environment = (name: string) => string | undefined;

/**
 * Replaces the expressions `${{ ENV.NAME }}` and `${{ root.path }}` by their values. A string that consists of one
 * expression becomes its value: a variable that reads as a number, `true` or `false` becomes that.
 *
 * @param root The values of a whole file; they are not changed.
 * @param diagnostics Collects the expressions without a value.
 */
export function substitute(
  root: unknown,
  env: Environment,
  diagnostics: Diagnostics,
): unknown {
  return new Substitution(root, env, diagnostics).of(root, []);
}

/** An expression has no value, within {@linkcode Substitution}. */
class ExpressionError extends Error {}

class Substitution {
  readonly #done = new Map<object, unknown>();
  readonly #inside = new Set<object>();
  /** The paths of the expressions that are being followed. */
  readonly #following: string[] = [];

  constructor(
    private readonly root: unknown,
    private readonly env: Environment,
    private readonly diagnostics: Diagnostics,
  ) {}

  of(value: unknown, path: YamlPath): unknown {
    if (typeof value === "string") return value.includes("${{") ? this.#text(value, path) : value;
    if (!Array.isArray(value) && !isMapping(value)) return value;
    // Several aliases of one anchor are one value.
    if (this.#done.has(value)) return this.#done.get(value);
    if (this.#inside.has(value)) {
      this.diagnostics.add(path, "it contains itself: its anchor encloses one of its aliases");
      return undefined;
    }
    this.#inside.add(value);
    const copy = Array.isArray(value)
      ? value.map((item, index) => this.of(item, [...path, index]))
      : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.of(item, [...path, key])]));
    this.#inside.delete(value);
    this.#done.set(value, copy);
    return copy;
  }

  #text(text: string, path: YamlPath): unknown {
    try {
      return this.#put(text, path);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      // An expression that refers to a broken one is reported where that one is.
      this.diagnostics.add(path, `${error.message}; this is ${preview(text)}`);
      return undefined;
    }
  }

  #put(text: string, path: YamlPath): unknown {
    const rest = text.replace(EXPRESSION, "");
    if (rest.includes("${{")) throw new ExpressionError(`an expression is not closed by "}}": ${EXPECTED}`);
    const [whole] = text.matchAll(EXPRESSION);
    if (whole[0] === text.trim()) return this.#value(whole[1], path);
    return text.replace(EXPRESSION, (_, expression) => {
      const value = this.#value(expression, path);
      if (typeof value !== "object" || value === null) return String(value);
      throw new ExpressionError(
        `\`${expression}\` is not a single value, and cannot be inserted into a string`,
      );
    });
  }

  #value(expression: string, path: YamlPath): unknown {
    const [, name] = ENV.exec(expression) ?? [];
    if (name !== undefined) return fromEnv(this.env(name), name);
    const [, steps] = ROOT.exec(expression) ?? [];
    if (steps === undefined) {
      const near = /^[A-Z_]\w*$/.test(expression) ? `; did you mean \`\${{ ENV.${expression} }}\`?` : "";
      throw new ExpressionError(`unknown expression \`${expression}\`: ${EXPECTED}${near}`);
    }
    return this.#follow(stepsOf(steps), path);
  }

  #follow(steps: YamlPath, from: YamlPath): unknown {
    const start = pathText(from);
    if (this.#following.includes(start)) {
      throw new ExpressionError(`it refers to itself: ${[...this.#following, start].join(" -> ")}`);
    }
    let found = this.root;
    steps.forEach((step, at) => {
      const isThere = typeof step === "number"
        ? Array.isArray(found) && step < found.length
        : isMapping(found) && Object.hasOwn(found, step);
      if (!isThere) throw new ExpressionError(nothingAt(steps.slice(0, at + 1), found));
      found = (found as Record<string | number, unknown>)[step];
    });
    this.#following.push(start);
    try {
      return typeof found === "string" && found.includes("${{")
        ? this.#put(found, steps)
        : this.of(found, steps);
    } finally {
      this.#following.pop();
    }
  }
}

function fromEnv(text: string | undefined, name: string): unknown {
  if (text === undefined) {
    throw new ExpressionError(`the environment variable ${name} is not set, or may not be read`);
  }
  if (text === "true" || text === "false") return text === "true";
  // "007" and "1e5" are strings that only look like numbers.
  return text !== "" && String(Number(text)) === text && text !== "NaN" ? Number(text) : text;
}

function stepsOf(text: string): YamlPath {
  return Array.from(text.matchAll(/\.([\w-]+)|\[(\d+)\]/g), ([, key, index]) => key ?? Number(index));
}

function nothingAt(steps: YamlPath, holder: unknown): string {
  const last = steps[steps.length - 1];
  const near = typeof last === "string" && isMapping(holder) ? nearest(last, Object.keys(holder)) : undefined;
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return `there is no \`root.${pathText(steps)}\`${hint}`.replace("root.[", "root[");
}
