import { formatError, preview, toErrorInfo } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { tracing } from "../trace/tracing.ts";
import type { LogEvent } from "./event.ts";

/** The levels of log lines, in ascending order. `silent` disables all. */
export type LogLevel = "debug" | "info" | "warning" | "error" | "silent";

/** One log line as data. */
export interface LogRecord {
  /** The level. */
  readonly level: Exclude<LogLevel, "silent">;
  /** The name of the logger: `executor0/rep-0`, `Flow`, `gateway`. */
  readonly name: string;
  /** The message; may have several lines. */
  readonly message: string;
  /** The time of the line. */
  readonly time: Date;
  /** The event as data, for the lines that have one. */
  readonly event?: LogEvent;
  /** The id of the OpenTelemetry trace that the line belongs to, if there is one. */
  readonly traceId?: string;
  /** The id of the request that the line belongs to, if it is known. */
  readonly requestId?: string;
}

/** A function that receives log lines. */
export type LogSink = (record: LogRecord) => void;

/** The sinks that also receive what Executors write to standard output and standard error. */
const OUTPUT_SINKS = new WeakSet<LogSink>();

/** Marks a sink to also receive what Executors write to standard output and standard error, as the command line's does. */
export function withOutput(sink: LogSink): LogSink {
  OUTPUT_SINKS.add(sink);
  return sink;
}

/** Whether a logger's sink is marked by {@linkcode withOutput}. */
export let takesOutput: (logger: Logger) => boolean;

const ORDER: readonly LogLevel[] = ["debug", "info", "warning", "error", "silent"];

/** The level of the variable `HOTFLOW_LOG_LEVEL`, or of Jina's variable `JINA_LOG_LEVEL`; otherwise `info`. */
export function logLevel(): LogLevel {
  const value = (runtime.env("HOTFLOW_LOG_LEVEL") || runtime.env("JINA_LOG_LEVEL") || "info").toLowerCase();
  const name = { warn: "warning", critical: "error", success: "info", off: "silent" }[value] ?? value;
  return ORDER.find((level) => level === name) ?? "info";
}

/** Formats a record as Jina does: `INFO   executor0/rep-0@11606 message [11/23/26 18:28:23]`. */
export function formatRecord({ level, name, message, time, traceId }: LogRecord): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = [time.getMonth() + 1, time.getDate(), time.getFullYear() % 100].map(two).join("/");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  const trace = traceId === undefined ? "" : ` [trace ${traceId}]`;
  const [first, ...rest] = message.split("\n");
  return [
    `${level.toUpperCase().padEnd(5)}  ${name}@${runtime.pid} ${first} [${date} ${clock}]${trace}`,
    ...rest,
  ]
    .join("\n");
}

/** Writes to standard error. Standard output is left to the program. */
const toStderr: LogSink = (record) => {
  try {
    // deno-lint-ignore no-console -- the default sink
    console.error(formatRecord(record));
  } catch {
    // Deno throws when the terminal is closed; then no line can be shown.
  }
};

/**
 * Writes log lines under a name, to standard error or to a sink. Lines below the level of `HOTFLOW_LOG_LEVEL` (`debug`,
 * `info`, `warning`, `error`, `silent`) are dropped.
 *
 * @example
 * ```ts
 * import { Logger } from "@hotflow/hotflow";
 *
 * const lines: string[] = [];
 * new Logger("indexer", (record) => lines.push(record.message)).info("3 documents indexed");
 * console.assert(lines[0] === "3 documents indexed");
 * ```
 */
export class Logger {
  static {
    takesOutput = (logger) => OUTPUT_SINKS.has(logger.#sink);
  }
  /** The name in the lines. */
  readonly name: string;
  readonly #sink: LogSink;

  /**
   * Creates a logger.
   *
   * @param name The name in the lines.
   * @param sink The function that receives the lines. @default standard error
   */
  constructor(name: string, sink: LogSink = toStderr) {
    this.name = name;
    this.#sink = sink;
  }

  /** Creates a logger of the same name whose lines go to another sink as well, before its own. */
  alsoTo(other: LogSink): Logger {
    const own = this.#sink;
    const both: LogSink = (record) => {
      other(record);
      own(record);
    };
    return new Logger(this.name, OUTPUT_SINKS.has(own) ? withOutput(both) : both);
  }

  /** Creates a logger with another name and the same sink. */
  named(name: string): Logger {
    return new Logger(name, this.#sink);
  }

  /** Writes a line for the search of a problem. */
  debug(message: unknown): void {
    this.log("debug", message);
  }

  /** Writes a line about a normal event. */
  info(message: unknown): void {
    this.log("info", message);
  }

  /** Writes a line about a possible problem. */
  warning(message: unknown): void {
    this.log("warning", message);
  }

  /** Writes a line about an error. */
  error(message: unknown): void {
    this.log("error", message);
  }

  /** Writes a line at a level: a text, an Error with its place, or any value. `event` is the same as data. */
  log(
    level: LogRecord["level"],
    message: unknown,
    event?: LogEvent,
    traceId: string | undefined = tracing.spans?.traceId,
    requestId?: string,
  ): void {
    // The level applies to log lines, not to the output of Executors.
    if (event?.kind !== "output" && ORDER.indexOf(level) < ORDER.indexOf(logLevel())) return;
    const record = {
      level,
      name: this.name,
      message: textOf(message),
      time: new Date(),
      ...(event && { event }),
      ...(traceId && { traceId }),
      ...(requestId !== undefined && { requestId }),
    };
    try {
      this.#sink(record);
    } catch (error) {
      // An error of the sink must not affect the caller.
      toStderr(record);
      toStderr({ ...record, level: "error", message: `the log's sink failed: ${textOf(error)}` });
    }
  }
}

function textOf(message: unknown): string {
  if (typeof message === "string") return message;
  return message instanceof Error ? formatError(toErrorInfo(message)) : preview(message);
}
