/** Secrets in the values of YAML: they become references to environment variables. @module */
import { isMapping, pathText, type YamlPath } from "../config/yaml_values.ts";
import type { MovedSecret } from "./plan.ts";

const REFERENCE = /\$\{\{\s*ENV\.(\w+)\s*\}\}/g;
const SECRET_WORDS = new Set(
  ("password passwords passwd passphrase pwd pass secret secrets token apikey credential credentials bearer " +
    "authorization dsn jwt cookie").split(" "),
);
/** Words before `key`, such as in `apiKey`. */
const KEY_WORDS = new Set(
  "api access private secret signing encryption account auth master license session ssh hmac shared".split(
    " ",
  ),
);
/** Values that are secrets whatever their keys are. */
const SECRET_VALUES = [
  /:\/\/[^/\s:@]*:[^/\s@]+@/,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
  /\b(?:AccountKey|SharedAccessKey|Password|Pwd)=[^;\s]/i,
  /[?&]\w*(?:key|token|secret|sig|signature|password)=[^&\s]/i,
  /^https:\/\/hooks\.slack\.com\/services\/\w/,
  /^(?:sk|pk|rk)[-_][\w-]{16,}$/,
  /^(?:gh[a-z]_|github_pat_|glpat-|hf_|xox[a-z]-|AIza)[\w-]{16,}$/,
  /^A[KS]IA[0-9A-Z]{16}$/,
  /^(?:Bearer|Basic) \S{8,}$/,
  /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/,
];
/** What stands under a key such as `openai_key` and is no name, such as that of a field. */
const RANDOM = /^(?=.*\d)(?=.*[a-z])[a-z\d+/=]{16,}$/i;

/** What a text has beside references that may be a secret, unlike `Bearer `. */
const LONG = /(?!(?:Bearer|Basic)\b)\b\w{6,}/;

/** The reference to an environment variable in YAML. */
export function reference(name: string): string {
  return `\${{ ENV.${name} }}`;
}

/** The environment variables that a text refers to. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].map(([, name]) => name);
}

/** Collects the environment variables of one service, and takes the secrets out of its values. */
export class SecretFinder {
  /** The variables that the values refer to. */
  readonly variables = new Set<string>();
  readonly moved: MovedSecret[] = [];

  /**
   * @param prefix What the names of new variables begin with.
   * @param taken Names that are in use; new ones are added.
   */
  constructor(private readonly prefix: string, private readonly taken: Set<string>) {}

  /**
   * Returns a copy of values in which each secret is a reference.
   *
   * @param path The place of the values, for {@linkcode moved}.
   * @param isSecret Whether all of them are secrets, by the key that they stand under.
   */
  without(value: unknown, path: YamlPath = [], isSecret = false): unknown {
    if (Array.isArray(value)) {
      return value.map((item, index) => this.without(item, [...path, index], isSecret));
    }
    if (isMapping(value)) {
      const entries = Object.entries(value).map(([key, item]) =>
        [key, this.without(item, [...path, key], isSecret || isSecretKey(key))] as const
      );
      return Object.fromEntries(entries);
    }
    const text = typeof value === "string" ? value : "";
    const literal = text.replace(REFERENCE, "");
    const isMoved = isSecret && (typeof value === "number" || typeof value === "bigint") ||
      isSecretValue(literal) || (isKey(path.at(-1)) && RANDOM.test(literal)) ||
      (isSecret && literal !== "" && (literal === text || LONG.test(literal)));
    if (isMoved) return this.#move(path);
    for (const name of variablesIn(text)) this.variables.add(name);
    return value;
  }

  #move(path: YamlPath): string {
    const key = path.findLast((step) => typeof step === "string");
    const wanted = snake(`${this.prefix}_${key}`);
    let [variable, number] = [wanted, 2];
    while (this.taken.has(variable)) variable = `${wanted}_${number++}`;
    this.taken.add(variable);
    this.variables.add(variable);
    this.moved.push({ path: pathText(path), variable });
    return reference(variable);
  }
}

function isSecretKey(key: string): boolean {
  const words = key.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().split(/[^a-z0-9]+/);
  return words.some((word, at) =>
    SECRET_WORDS.has(word) || (/^keys?$/.test(word) && (KEY_WORDS.has(words[at - 1]) || words.length === 1))
  );
}

function isKey(step: string | number | undefined): boolean {
  return typeof step === "string" && /key$/i.test(step);
}

function isSecretValue(text: string): boolean {
  return SECRET_VALUES.some((pattern) => pattern.test(text));
}

function snake(text: string): string {
  return text.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase().replace(/\W+/g, "_");
}
