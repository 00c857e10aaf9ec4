import { nearest, preview } from "../errors/mod.ts";
import { isMapping } from "./mapping.ts";
import { type Diagnostic, pathText, type YamlPath } from "./yaml_path.ts";

const EXPRESSION = /\$\{\{\s*(.*?)\s*\}\}/g;
const ENV = /^(?:ENV|env)\.([A-Za-z_]\w*)$/;
const ROOT = /^root((?:\.[\w-]+|\[\d+\])+)$/;
const WANTED = "`${{ ENV.NAME }}` for an environment variable or `${{ root.path.to[0].value }}` is wanted";

/**
 * Puts in what `${{ ENV.NAME }}` and `${{ root.path }}` stand for. A value that is nothing but such an expression
 * becomes what it stands for: a variable that reads as a number, `true` or `false` is one.
 *
 * @param root The values of a whole file; they are left as they are.
 * @param env Reads an environment variable.
 * @returns The values with everything put in, and what stands for nothing.
 */
export function substitute(
  root: unknown,
  env: (name: string) => string | undefined,
): { value: unknown; mistakes: Diagnostic[] } {
  const substitution = new Substitution(root, env);
  return { value: substitution.of(root, []), mistakes: substitution.mistakes };
}

/** What stands for nothing, within {@linkcode Substitution}. */
class Unknown extends Error {}

class Substitution {
  readonly mistakes: Diagnostic[] = [];
  readonly #done = new Map<object, unknown>();
  readonly #inside = new Set<object>();
  /** The ways of the expressions that are being followed. */
  readonly #following: string[] = [];

  constructor(
    private readonly root: unknown,
    private readonly env: (name: string) => string | undefined,
  ) {}

  of(value: unknown, path: YamlPath): unknown {
    if (typeof value === "string") return value.includes("${{") ? this.#text(value, path) : value;
    if (!Array.isArray(value) && !isMapping(value)) return value;
    // What several aliases stand for is one and the same.
    if (this.#done.has(value)) return this.#done.get(value);
    if (this.#inside.has(value)) {
      this.mistakes.push({ path, message: "it holds itself: its anchor stands around one of its aliases" });
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
      if (!(error instanceof Unknown)) throw error;
      const where = pathText(path);
      // An expression that is followed to a broken one is broken where that one is.
      if (!this.mistakes.some((mistake) => pathText(mistake.path) === where)) {
        this.mistakes.push({ path, message: `${error.message}; this is ${preview(text)}` });
      }
      return undefined;
    }
  }

  #put(text: string, path: YamlPath): unknown {
    const rest = text.replace(EXPRESSION, "");
    if (rest.includes("${{")) throw new Unknown(`an expression is not closed by "}}": ${WANTED}`);
    const [whole] = text.matchAll(EXPRESSION);
    if (whole[0] === text.trim()) return this.#value(whole[1], path);
    return text.replace(EXPRESSION, (_, expression) => {
      const value = this.#value(expression, path);
      if (typeof value !== "object" || value === null) return String(value);
      throw new Unknown(`\`${expression}\` is no single value, and cannot be put into a text`);
    });
  }

  #value(expression: string, path: YamlPath): unknown {
    const [, name] = ENV.exec(expression) ?? [];
    if (name !== undefined) return fromEnv(this.env(name), name);
    const [, steps] = ROOT.exec(expression) ?? [];
    if (steps === undefined) {
      const near = /^[A-Z_]\w*$/.test(expression) ? `; did you mean \`\${{ ENV.${expression} }}\`?` : "";
      throw new Unknown(`\`${expression}\` means nothing: ${WANTED}${near}`);
    }
    return this.#follow(stepsOf(steps), path);
  }

  #follow(steps: YamlPath, from: YamlPath): unknown {
    const start = pathText(from);
    if (this.#following.includes(start)) {
      throw new Unknown(`it stands for itself: ${[...this.#following, start].join(" -> ")}`);
    }
    let found = this.root;
    steps.forEach((step, at) => {
      const isThere = typeof step === "number"
        ? Array.isArray(found) && step < found.length
        : isMapping(found) && Object.hasOwn(found, step);
      if (!isThere) throw new Unknown(nothingAt(steps.slice(0, at + 1), found));
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
    throw new Unknown(`the environment variable ${name} is not set, or may not be read`);
  }
  if (text === "true" || text === "false") return text === "true";
  // "007" and "1e5" are texts that only look like numbers.
  return text !== "" && String(Number(text)) === text && text !== "NaN" ? Number(text) : text;
}

function stepsOf(text: string): YamlPath {
  return Array.from(text.matchAll(/\.([\w-]+)|\[(\d+)\]/g), ([, key, index]) => key ?? Number(index));
}

function nothingAt(steps: YamlPath, holder: unknown): string {
  const last = steps[steps.length - 1];
  const near = typeof last === "string" && isMapping(holder) ? nearest(last, Object.keys(holder)) : undefined;
  const said = near === undefined ? "" : `; did you mean "${near}"?`;
  return `there is no \`root.${pathText(steps)}\`${said}`.replace("root.[", "root[");
}
