import { nearest } from "../errors/mod.ts";
import { parseArgs } from "../runtime/terminal.ts";
import type { Call, Command, Flags } from "./command.ts";
import { didYouMean, UsageError } from "./errors.ts";

/** The options of every command. */
export const COMMON: Flags = { help: { help: "show this help" } };

/** Reads the arguments of a command. @throws {UsageError} When they are invalid. */
export function parse(name: string, command: Command, given: readonly string[], version: string): Call {
  const specs: Flags = { ...command.options, ...COMMON };
  const wrong = (what: string) => new UsageError(`${what}\nSee: hotflow ${name} --help`);
  const { tokens } = parseArgs({
    args: [...given],
    options: Object.fromEntries(
      Object.entries(specs).map((
        [option, { value, short }],
      ) => [option, { type: value ? "string" : "boolean", ...(short !== undefined && { short }) }]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const args: string[] = [];
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.value);
    if (token.kind !== "option") continue;
    const option = token.rawName === "-h" ? "help" : token.name;
    const spec = Object.hasOwn(specs, option) ? specs[option] : undefined;
    if (spec === undefined) throw wrong(unknown(name, token.rawName, specs));
    if (spec.value === undefined && token.value !== undefined) {
      throw wrong(`Cannot give ${token.rawName} the value "${token.value}": it takes no value`);
    }
    // Without "=", the next option would become the value.
    const missing = !token.value || (!token.inlineValue && token.value.startsWith("-"));
    if (spec.value !== undefined && missing) {
      throw wrong(`Cannot use ${token.rawName} without a value: expected ${token.rawName} ${spec.value}`);
    }
    if (!spec.multiple && spec.value !== undefined && values.has(option)) {
      throw wrong(`Cannot use ${token.rawName} twice: expected one ${spec.value}`);
    }
    values.set(option, [...values.get(option) ?? [], token.value ?? ""]);
  }
  const { maxArgs = 1 } = command;
  if (args.length > maxArgs && !values.has("help")) {
    throw wrong(`Cannot use "${args[maxArgs]}": expected hotflow ${name} ${command.usage}`);
  }
  const all = (option: string) => values.get(option) ?? [];
  return { args, version, has: (option) => values.has(option), all, get: (option) => all(option).at(-1) };
}

function unknown(name: string, raw: string, specs: Flags): string {
  const known = Object.keys(specs).map((option) => `--${option}`);
  // There are hardly any short options: a short one stands for the first long one with its letter.
  const near = raw.startsWith("--") ? nearest(raw, known) : known.find((one) => one.startsWith(`-${raw}`));
  return `Cannot use ${raw}: hotflow ${name} has no such option${didYouMean(near)}`;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, "": 1_000 };

/** Parses a time, to milliseconds. @throws {UsageError} */
export function timeOf(call: Call, option: string): number | undefined {
  const text = call.get(option);
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|)$/.exec(text) ?? [];
  if (number !== undefined && unit !== undefined) return Number(number) * (UNITS[unit] ?? 1);
  throw new UsageError(`Cannot use --${option} ${text}: expected a time such as 10s, 500ms or 2m`);
}
