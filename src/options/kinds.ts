/** The kinds of values that options have: what is valid, how a flag is parsed, and the JSON Schema. @module */
import { MAX_TIMER_MS } from "../async/deadline.ts";
import { type Check, expected, type Violation } from "../config/check.ts";
import { isMapping } from "../config/yaml_values.ts";
import { batchingOf, checkBatching, checkYamlBatching } from "../executor/batch_options.ts";
import { invalidModule } from "../executor/named_file.ts";
import { checkPatterns, checkYamlPatterns } from "../executor/path_patterns.ts";
import { runtime } from "../runtime/mod.ts";

/** The name by which `needs` refers to the request as it came in. */
export const GATEWAY = "gateway";

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A kind of values. */
export interface OptionKind {
  /** Checks a value in code. */
  readonly check: Check;
  /** Checks a value in YAML; left out where YAML takes the same values as code. */
  readonly checkYaml?: Check;
  /** The value in code that a valid one in YAML stands for; left out where they are the same. */
  fromYaml?(value: unknown): unknown;
  /** Whether an invalid value is a `RangeError`; otherwise it is a `TypeError`. */
  isOutOfRange?(value: unknown): boolean;
  /** Parses the value of a flag; left out where the flag takes none, or is the value itself. */
  parse?(text: string): unknown;
  /** The JSON Schema of the value in YAML; left out for what YAML cannot express. */
  readonly schema?: JsonSchema;
}

/** Larger numbers are probably typos. */
const MAX_REPLICAS = 1_000;
const MAX_PORT = 65_535;
const NAME = /^[A-Za-z_][\w-]*$/;
const TEXT = { type: "string", minLength: 1 };
const TEXT_OR_TEXTS = { anyOf: [TEXT, { type: "array", items: TEXT }] };

const ONE_PORT = wholeNumber(0, MAX_PORT, " (0 picks a free port)");
/** One port, or a list of them. */
export const port: OptionKind = {
  ...ONE_PORT,
  check: (value) =>
    Array.isArray(value) ? listViolation(value, ONE_PORT.check, (port) => port !== 0) : ONE_PORT.check(value),
  parse: (text) => text.split(",").map((part) => ONE_PORT.parse?.(part.trim())),
  schema: { anyOf: [ONE_PORT.schema, { type: "array", items: ONE_PORT.schema, minItems: 1 }] },
};

/** The protocols by which clients reach a Flow. */
export const PROTOCOLS = ["http", "grpc"] as const;
const PROTOCOL = { enum: PROTOCOLS.flatMap((protocol) => [protocol, protocol.toUpperCase()]) };
/** A protocol, or a list of them; as in Jina, in capitals too. */
export const protocol: OptionKind = {
  check: (value) =>
    Array.isArray(value) ? listViolation(value, checkProtocol, () => true) : checkProtocol(value),
  parse: (text) => text.split(",").map((part) => part.trim()),
  schema: { anyOf: [PROTOCOL, { type: "array", items: PROTOCOL, minItems: 1 }] },
};

function checkProtocol(value: unknown): Violation | undefined {
  const name = String(value).toLowerCase();
  if ((PROTOCOLS as readonly string[]).includes(name)) return undefined;
  const what = '"http" or "grpc", or a list of both';
  return name === "websocket"
    ? { reason: `WebSocket is served with HTTP, on the same port; expected ${what}` }
    : { expected: what };
}

/** What is wrong with a list: its first invalid item, or one that is there twice. */
function listViolation(
  items: readonly unknown[],
  check: Check,
  isUnique: (item: unknown) => boolean,
): Violation | undefined {
  const [first] = items;
  if (first === undefined) return { reason: "the list is empty" };
  const invalid = items.map(check).find((violation) => violation !== undefined);
  if (invalid !== undefined) return invalid;
  const names = items.map((item) => String(item).toLowerCase());
  const twice = items.find((item, index) => isUnique(item) && names.indexOf(names[index]) < index);
  return twice === undefined ? undefined : { reason: `${twice} is in the list twice` };
}
export const replicas: OptionKind = wholeNumber(1, MAX_REPLICAS);

export const size: OptionKind = {
  ...number((value) => value >= 0, "a number from 0 up"),
  schema: { type: "number", minimum: 0 },
};

export const time: OptionKind = {
  ...number(isTime, `milliseconds from 0 to ${MAX_TIMER_MS}, or Infinity for no limit`),
  checkYaml: expected(isTime, `milliseconds from 0 to ${MAX_TIMER_MS}, or .inf for no limit`),
  // No maximum: JSON Schema cannot express "or .inf".
  schema: { type: "number", minimum: 0 },
};

export const flag: OptionKind = {
  check: expected((value) => typeof value === "boolean", "true or false"),
  schema: { type: "boolean" },
};

const RELOADS: readonly unknown[] = [true, false, "fresh", "in-place"];
export const reload: OptionKind = {
  check: (value) =>
    !RELOADS.includes(value)
      ? { expected: 'true, false, "fresh" or "in-place"' }
      : value === "in-place" && !runtime.reloadsInPlace
      ? {
        reason: 'Bun has no hooks for resolving modules, so it cannot reload in place; use true or "fresh"',
      }
      : undefined,
  parse: (text) => text === "true" || (text === "false" ? false : text),
  schema: { enum: RELOADS },
};

export const address: OptionKind = {
  check: expected((value) => typeof value === "string" && value !== "", "an address, such as 127.0.0.1"),
  schema: TEXT,
};

const INTERVAL = { type: "number", minimum: 10, maximum: 60_000 };
/** The valid intervals of `poll`. */
export const INTERVAL_TEXT = `a number of milliseconds from ${INTERVAL.minimum} to ${INTERVAL.maximum}`;
export const poll: OptionKind = {
  check: expected(
    (value) =>
      typeof value === "boolean" ||
      (typeof value === "number" && value >= INTERVAL.minimum && value <= INTERVAL.maximum),
    `true, false or ${INTERVAL_TEXT}`,
  ),
  isOutOfRange: (value) => typeof value === "number",
  schema: { anyOf: [{ type: "boolean" }, INTERVAL] },
};

export const logSink: OptionKind = {
  check: expected((value) => typeof value === "function", "a function that takes log records"),
};

export const middleware: OptionKind = {
  check: expected(
    (value) => Array.isArray(value) && value.every((one) => typeof one === "function"),
    "a list of Hono middleware, such as [logger()]",
  ),
};

const ADDRESSES = { type: "array", items: { type: "string", pattern: "^grpcs?://" }, minItems: 1 };
const USES = 'a module such as "./my_executor.ts", an Executor\'s YAML, ';
/** In code any value except null and undefined: it is resolved when the Flow starts. */
export const uses: OptionKind = {
  check: expected(
    (value) => value !== undefined && value !== null,
    `an Executor class, ${USES}or the name of a class`,
  ),
  checkYaml: expected(
    (value) => isText(value) || isMapping(value) || (Array.isArray(value) && value.every(isText)),
    `${USES}the name of a class, or \`{ jtype: … }\``,
  ),
  schema: { anyOf: [TEXT, { $ref: "#/definitions/executor" }, ADDRESSES] },
};

export const name: OptionKind = {
  check: expected(
    (value) => typeof value === "string" && NAME.test(value) && value !== GATEWAY,
    `a name other than "${GATEWAY}", of letters, digits, "_" and "-", a letter first`,
  ),
  schema: { type: "string", pattern: NAME.source, not: { const: GATEWAY } },
};

export const needs: OptionKind = {
  check: expected(isTextOrTexts, `the name of an Executor, a list of names, or "${GATEWAY}"`),
  schema: TEXT_OR_TEXTS,
};

export const constructorArguments: OptionKind = {
  check: (value) =>
    value === null || isPlain(value)
      ? uncloneable(value as object | null)
      : { expected: "an object of constructor arguments" },
  checkYaml: expected((value) => value === null || isMapping(value), "a mapping, such as { key: value }"),
  schema: { type: ["object", "null"] },
};

const EXPRESSION = { $ref: "#/definitions/expression" };
/** Options of batches by endpoint; in YAML as Jina writes them. */
export const batching: OptionKind = {
  check: checkBatching,
  checkYaml: checkYamlBatching,
  fromYaml: batchingOf,
  schema: {
    type: ["object", "null"],
    additionalProperties: {
      type: "object",
      required: ["preferred_batch_size"],
      additionalProperties: false,
      properties: {
        preferred_batch_size: { anyOf: [{ type: "integer", minimum: 1 }, EXPRESSION] },
        timeout: { anyOf: [{ type: "number", minimum: 0 }, EXPRESSION] },
      },
    },
  },
};

export const modules: OptionKind = {
  check: (value) => {
    if (!Array.isArray(value) || !value.every((path) => typeof path === "string" || path instanceof URL)) {
      return { expected: "an array of paths or URLs" };
    }
    const reason = value.map(invalidModule).find((message) => message !== undefined);
    return reason === undefined ? undefined : { reason };
  },
  checkYaml: expected((value) => value === null || isTextOrTexts(value), "a path or a list of paths"),
  schema: { anyOf: [...TEXT_OR_TEXTS.anyOf, { type: "null" }] },
};

export const ignore: OptionKind = patterns("ignore");
export const watch: OptionKind = patterns("watch");

/** The host of an Executor elsewhere, or those of its replicas. */
export const hosts: OptionKind = {
  check: expected(isTextOrTexts, 'a host name or address, such as "10.0.0.5", or a list'),
  schema: TEXT_OR_TEXTS,
};

const REMOTE_PORT = wholeNumber(1, MAX_PORT);
/** The port of an Executor elsewhere, or those of its replicas. */
export const remotePorts: OptionKind = {
  check: expected(
    (value) =>
      [value].flat().length > 0 && [value].flat().every((one) => REMOTE_PORT.check(one) === undefined),
    `a port from 1 to ${MAX_PORT}, or a list`,
  ),
  schema: { anyOf: [REMOTE_PORT.schema, { type: "array", items: REMOTE_PORT.schema, minItems: 1 }] },
};

export const method: OptionKind = {
  check: expected((value) => value === "add" || value === "needs_all", "`add` or `needs_all`"),
  schema: { enum: ["add", "needs_all"] },
};

const ISOLATIONS = ["thread", "process"];
export const isolation: OptionKind = {
  check: expected((value) => ISOLATIONS.includes(value as string), '"thread" or "process"'),
  schema: { enum: ISOLATIONS },
};

/** A runtime that has loaded hotflow has a heap of about 20 MB. */
export const memory: OptionKind = wholeNumber(32, 1_048_576, " (MB)");

const PERMISSIONS: readonly string[] = ["read", "write", "net", "env", "run", "ffi", "sys", "import"];
const A_PERMISSION = { anyOf: [{ type: "boolean" }, { type: "array", items: TEXT }] };
export const permissions: OptionKind = {
  check: (value) => {
    if (!isMapping(value)) {
      return { expected: 'an object such as { net: ["example.com"], read: ["./data"] }' };
    }
    const unknown = Object.keys(value).find((kind) => !PERMISSIONS.includes(kind));
    if (unknown !== undefined) {
      return { reason: `unknown kind "${unknown}"; known: ${PERMISSIONS.join(", ")}` };
    }
    for (const [kind, one] of Object.entries(value)) {
      if (typeof one === "boolean") continue;
      if (!Array.isArray(one) || !one.every(isText)) {
        return { reason: `\`${kind}\` has to be true, false or a list of texts` };
      }
      const joined = one.find((item) => item.includes(","));
      if (joined !== undefined) {
        return {
          reason:
            `\`${kind}\` has "${joined}" with a comma, which Deno does not take; list each item by itself`,
        };
      }
    }
  },
  schema: {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(PERMISSIONS.map((kind) => [kind, A_PERMISSION])),
  },
};

const VARIABLE = /^[^=\0]+$/;
/** In YAML, a number or boolean stands for its text. */
const IN_YAML = ["string", "number", "boolean"];
export const environment: OptionKind = {
  check: (value) =>
    checkEnvironment(value, ["string"], 'an object of texts by name, such as { MODE: "test" }'),
  checkYaml: (value) =>
    checkEnvironment(value, IN_YAML, "a mapping of texts by name, such as { MODE: test }"),
  fromYaml: (value) =>
    Object.fromEntries(Object.entries(value as object).map(([name, text]) => [name, String(text)])),
  schema: { type: "object", additionalProperties: { type: IN_YAML } },
};

function checkEnvironment(value: unknown, types: readonly string[], whole: string): Violation | undefined {
  if (!isMapping(value)) return { expected: whole };
  for (const [name, text] of Object.entries(value)) {
    if (!VARIABLE.test(name)) {
      return { reason: `a variable's name has no "=", and is not empty, unlike "${name}"` };
    }
    if (!types.includes(typeof text)) return { expected: "a text", at: [name] };
    if (String(text).includes("\0")) return { expected: "a text without a null character", at: [name] };
  }
}

/** Patterns in the syntax of gitignore; YAML also takes a single one. */
function patterns(option: "ignore" | "watch"): OptionKind {
  return {
    check: (value) => checkPatterns(value, option),
    checkYaml: (value) => checkYamlPatterns(value, option),
    fromYaml: (value) => [value].flat(),
    schema: TEXT_OR_TEXTS,
  };
}

function wholeNumber(min: number, max: number, note = ""): OptionKind {
  return {
    ...number(
      (value) => Number.isInteger(value) && value >= min && value <= max,
      `a whole number from ${min} to ${max}${note}`,
    ),
    schema: { type: "integer", minimum: min, maximum: max },
  };
}

function number(isValid: (value: number) => boolean, what: string): OptionKind {
  return {
    check: expected((value) => typeof value === "number" && isValid(value), what),
    isOutOfRange: () => true,
    parse: (text) => /^\d+$/.test(text) ? Number(text) : text,
  };
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && (value <= MAX_TIMER_MS || value === Infinity);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isTextOrTexts(value: unknown): boolean {
  return [value].flat().every(isText);
}

/** Whether a value is an object as a literal creates it. */
function isPlain(value: unknown): boolean {
  const proto = typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined;
  return proto === null || proto === Object.prototype;
}

/** Arguments are sent to a worker as a structured clone. */
function uncloneable(args: object | null): Violation | undefined {
  for (const [key, value] of Object.entries(args ?? {})) {
    try {
      structuredClone(value);
    } catch (error) {
      return { reason: `cannot send usesWith.${key} to a worker: ${(error as Error).message}` };
    }
  }
}
