import { type Check, expected, type Violation } from "../config/check.ts";
import { isMapping, type YamlLocation } from "../config/yaml_values.ts";
import { quoted } from "../errors/mod.ts";

/** When the documents that wait for a handler are passed to it as one batch. */
export interface BatchOptions {
  /** The most documents of a batch, unless one request alone has more. */
  size: number;
  /** How long the first request of a batch waits for others, in milliseconds. */
  wait: number;
}

/** Options by endpoint, or by the method that handles endpoints. */
export type Batching = Readonly<Record<string, BatchOptions>>;

/** Where a YAML has the options of an endpoint or method. */
export type BatchingPlaces = Readonly<Record<string, YamlLocation>>;

/** Options are of no use to a class: it does not have what they name, or cannot batch it. */
export class BatchingError extends TypeError {
  constructor(message: string, readonly key: string) {
    super(message);
  }
}

/** The longest wait of a batch, in milliseconds. */
const MAX_WAIT_MS = 60_000;

/** The wait of a batch in Jina's YAML that names none, in milliseconds. */
const JINAS_WAIT_MS = 10_000;

const EXAMPLE = "{ /embed: { preferred_batch_size: 32, timeout: 10 } }";

const size = expected(
  (value) => Number.isInteger(value) && (value as number) >= 1,
  "a whole number of at least 1",
);
const wait = expected(
  (value) => typeof value === "number" && value >= 0 && value <= MAX_WAIT_MS,
  `milliseconds from 0 to ${MAX_WAIT_MS}`,
);

/** What is wrong with the options of a batch, as a sentence; `undefined` when nothing is. */
export function batchProblem(value: unknown): string | undefined {
  if (!isMapping(value)) return `${quoted(value)} is no batch; expected batch: { size: 32, wait: 10 }`;
  const { size: givenSize, wait: givenWait, ...others } = value as Partial<BatchOptions>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return `"${unknown}" is unknown; expected batch: { size: 32, wait: 10 }`;
  return problem("the size", givenSize, size) ?? problem("wait", givenWait, wait);
}

function problem(name: string, value: unknown, check: Check): string | undefined {
  const violation = check(value);
  return violation && "expected" in violation
    ? `${name} is ${quoted(value)}; expected ${violation.expected}`
    : undefined;
}

/** Checks options by endpoint or method, in code. */
export function checkBatching(value: unknown): Violation | undefined {
  if (!isMapping(value)) return { expected: 'an object such as { "/embed": { size: 32, wait: 10 } }' };
  for (const [key, batch] of Object.entries(value)) {
    const reason = batchProblem(batch);
    if (reason !== undefined) return { reason: `of "${key}", ${reason}` };
  }
}

/** Checks options by endpoint or method as Jina's YAML has them. */
export function checkYamlBatching(value: unknown): Violation | undefined {
  if (value === null) return undefined;
  if (!isMapping(value)) return { expected: `a mapping, such as ${EXAMPLE}` };
  for (const [key, batch] of Object.entries(value)) {
    const violation = isMapping(batch)
      ? checkJinasBatch(batch)
      : { expected: "a mapping, such as { preferred_batch_size: 32, timeout: 10 }" };
    if (violation !== undefined) return { ...violation, at: [key, ...violation.at ?? []] };
  }
}

function checkJinasBatch(
  { preferred_batch_size, timeout, ...others }: Record<string, unknown>,
): Violation | undefined {
  const [unknown] = Object.keys(others);
  const keys = "`preferred_batch_size` and `timeout`";
  if (unknown !== undefined) return { reason: `unknown key; expected ${keys}`, at: [unknown] };
  if (preferred_batch_size === undefined) {
    return { reason: `\`preferred_batch_size\` is missing; expected ${keys}` };
  }
  const wrongSize = size(preferred_batch_size);
  if (wrongSize !== undefined) return { ...wrongSize, at: ["preferred_batch_size"] };
  const wrongWait = timeout === undefined ? undefined : wait(timeout);
  return wrongWait && { ...wrongWait, at: ["timeout"] };
}

/** The places of the options that a value of YAML has. */
export function batchingPlaces(batching: Batching, { file, path }: YamlLocation): BatchingPlaces {
  return Object.fromEntries(Object.keys(batching).map((key) => [key, { file, path: [...path, key] }]));
}

/** The options that valid values of Jina's YAML stand for. */
export function batchingOf(value: unknown): Batching {
  const entries = Object.entries(
    value as Record<string, { preferred_batch_size: number; timeout?: number }> ?? {},
  );
  return Object.fromEntries(
    entries.map(([key, { preferred_batch_size, timeout = JINAS_WAIT_MS }]) => [
      key,
      { size: preferred_batch_size, wait: timeout },
    ]),
  );
}
