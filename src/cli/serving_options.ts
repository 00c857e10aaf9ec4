/** The flags of the commands that serve, by the table of options. @module */
import { reasonOf } from "../config/check.ts";
import { OPTIONS, type OptionSpec, type OptionTable, type OptionTables } from "../options/table.ts";
import { resolve, toUrl } from "../paths.ts";
import { runtime } from "../runtime/mod.ts";
import type { Call, Flags } from "./command.ts";
import { UsageError } from "./errors.ts";

/** The flags that the table has, and those of the commands themselves. */
export function servingFlags(
  { flow, executor }: Pick<OptionTables, "flow" | "executor"> = OPTIONS,
): Flags {
  const rows = [...Object.values(flow), ...Object.values(executor)];
  return {
    ...Object.fromEntries(
      rows.flatMap(({ flags = [], description }) =>
        flags.map((flag) => [flag.name, { help: description, ...flag }])
      ),
    ),
    json: {
      help: "one line of JSON for each log line and for what Executors print; no banner, colours or keys",
    },
  };
}

/** The options that the flags of a command line set. @throws {UsageError} When a value is invalid. */
export function optionsFrom(call: Call, table: OptionTable): Record<string, unknown> {
  const values = Object.entries(table).map(([name, spec]) => [name, valueOf(call, name, spec)]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function valueOf(call: Call, name: string, { flags = [], check, parse }: OptionSpec): unknown {
  const [flag, other] = flags.filter(({ name }) => call.has(name));
  if (flag === undefined) return undefined;
  if (other !== undefined) {
    throw new UsageError(`Cannot use --${flag.name} and --${other.name} together: expected one of them`);
  }
  if (flag.value === undefined) return flag.sets ?? true;
  const given = call.all(flag.name);
  const isPattern = name === "ignore" || name === "watch";
  const values = (isPattern ? given.flatMap(asTyped) : given).flatMap((text) => parse?.(text) ?? text);
  const value = isPattern || values.length > 1 ? values : values[0];
  const violation = check(value);
  if (violation === undefined) return value;
  throw new UsageError(`Cannot use --${flag.name} ${given.join(" ")}: ${reasonOf(violation)}`);
}

/**
 * A path that a shell completes is relative to the folder it is typed in, and patterns are relative to the Executor's. A
 * mere name stands for both: the file that exists, and the pattern.
 */
function asTyped(pattern: string): string[] {
  const [, not = "", path = ""] = /^(!?)([^*?[\]]+)$/.exec(pattern) ?? [];
  const whole = resolve(runtime.cwd(), path);
  if (path === "" || path.startsWith("/") || runtime.writtenAt(whole) === undefined) return [pattern];
  const named = `${not}${toUrl(whole)}${path.endsWith("/") ? "/" : ""}`;
  return /\/./.test(path) ? [named] : [pattern, named];
}
