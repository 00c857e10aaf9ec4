/** The parts of the bench, in the order in which they run. */
export const PARTS = [
  "reload",
  "workloads",
  "restart",
  "saves",
  "throughput",
  "batching",
  "isolation",
  "features",
  "grpc",
  "topology",
  "scaling",
  "start",
  "memory",
  "runtimes",
] as const;

export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  /** Which parts run. */
  readonly parts: readonly Part[];
  /** Fewer edits, rounds and seconds: to see that everything works, not to quote. */
  readonly quick: boolean;
  /** File that gets the figures as JSON. */
  readonly json?: string;
}

export const USAGE = `deno task bench [--only ${PARTS.join(",")}] [--json FILE] [--quick]`;

/** Reads the command line; an unknown word is an error, not a default. @throws {TypeError} */
export function parseOptions(args: readonly string[]): BenchOptions {
  let parts: readonly Part[] = PARTS;
  let quick = false;
  let json: string | undefined;
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [name, inline] = word.split("=", 2);
    const value = () => inline ?? rest.shift() ?? fail(`"${name}" needs a value`);
    if (name === "--only") parts = parseParts(value());
    else if (name === "--json") json = value();
    else if (name === "--quick") quick = true;
    else fail(`"${word}" is not known`);
  }
  return { parts, quick, json };
}

function parseParts(list: string): Part[] {
  const wanted = list.split(",").map((name) => name.trim());
  const unknown = wanted.find((name) => !PARTS.some((part) => part === name));
  if (unknown !== undefined) fail(`"${unknown}" is no part`);
  return PARTS.filter((part) => wanted.includes(part));
}

function fail(reason: string): never {
  throw new TypeError(`Cannot read the options: ${reason}: ${USAGE}`);
}
