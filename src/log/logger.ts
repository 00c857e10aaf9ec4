import { formatError, preview, toErrorInfo } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import type { LogEvent } from "./event.ts";

/** The levels of log lines, least first. `silent` is for turning them all off. */
export type LogLevel = "debug" | "info" | "warning" | "error" | "silent";

/** One log line as data. */
export interface LogRecord {
  /** How grave it is. */
  readonly level: Exclude<LogLevel, "silent">;
  /** Who says it: `executor0/rep-0`, `Flow`, `gateway`. */
  readonly name: string;
  /** What is said; may hold several lines. */
  readonly message: string;
  /** When. */
  readonly time: Date;
  /** What it is about, where programs may want to know. */
  readonly event?: LogEvent;
}

/** Where log lines go. */
export type LogSink = (record: LogRecord) => void;

/** The sinks that take what Executors write to standard output and standard error, too. */
const OUTPUT_SINKS = new WeakSet<LogSink>();

/** Has a sink take what Executors write to standard output and standard error, too: the command line's. */
export function withOutput(sink: LogSink): LogSink {
  OUTPUT_SINKS.add(sink);
  return sink;
}

/** Whether a logger's sink is one of {@linkcode withOutput}. */
export let takesOutput: (logger: Logger) => boolean;

const ORDER: readonly LogLevel[] = ["debug", "info", "warning", "error", "silent"];

/** The level of `HOTFLOW_LOG_LEVEL`, or of `JINA_LOG_LEVEL` as the original has it; `info` otherwise. */
export function logLevel(): LogLevel {
  const wanted = (runtime.env("HOTFLOW_LOG_LEVEL") || runtime.env("JINA_LOG_LEVEL") || "info").toLowerCase();
  const spelled = { warn: "warning", critical: "error", success: "info", off: "silent" }[wanted] ?? wanted;
  return ORDER.find((level) => level === spelled) ?? "info";
}

/**
 * Writes a record as Jina does: `INFO   executor0/rep-0@11606 message [11/23/26 18:28:23]`.
 *
 * @param record The line as data.
 * @returns The line.
 */
export function formatRecord({ level, name, message, time }: LogRecord): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = [time.getMonth() + 1, time.getDate(), time.getFullYear() % 100].map(two).join("/");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  const [first, ...rest] = message.split("\n");
  return [`${level.toUpperCase().padEnd(5)}  ${name}@${runtime.pid} ${first} [${date} ${clock}]`, ...rest]
    .join("\n");
}

/** Writes to standard error, which is for people; standard output stays the program's own. */
const toStderr: LogSink = (record) => {
  try {
    // deno-lint-ignore no-console -- the one place that prints
    console.error(formatRecord(record));
  } catch {
    // Deno throws when the terminal is gone, and nothing else can show the line.
  }
};

/**
 * Says things under one name. Lines below the level of `HOTFLOW_LOG_LEVEL` (`debug`, `info`, `warning`, `error`,
 * `silent`) are dropped; they go to standard error unless a sink is given.
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
  /** Who says it. */
  readonly name: string;
  readonly #sink: LogSink;

  /**
   * A logger of its own.
   *
   * @param name Who says it.
   * @param sink Where the lines go.
   */
  constructor(name: string, sink: LogSink = toStderr) {
    this.name = name;
    this.#sink = sink;
  }

  /** A logger of another name and the same sink. */
  named(name: string): Logger {
    return new Logger(name, this.#sink);
  }

  /** What only someone who looks for it wants to see. */
  debug(message: unknown): void {
    this.log("debug", message);
  }

  /** What happened. */
  info(message: unknown): void {
    this.log("info", message);
  }

  /** What may surprise. */
  warning(message: unknown): void {
    this.log("warning", message);
  }

  /** What went wrong. */
  error(message: unknown): void {
    this.log("error", message);
  }

  /** Says something at a level: a text, an Error with its place, or any value. `event` is the same as data. */
  log(level: LogRecord["level"], message: unknown, event?: LogEvent): void {
    // The level is that of log lines: what an Executor prints is none.
    if (event?.kind !== "output" && ORDER.indexOf(level) < ORDER.indexOf(logLevel())) return;
    const record = {
      level,
      name: this.name,
      message: textOf(message),
      time: new Date(),
      ...(event && { event }),
    };
    try {
      this.#sink(record);
    } catch (error) {
      // Whoever says something is not to fail because of who listens.
      toStderr(record);
      toStderr({ ...record, level: "error", message: `the log's sink failed: ${textOf(error)}` });
    }
  }
}

function textOf(message: unknown): string {
  if (typeof message === "string") return message;
  return message instanceof Error ? formatError(toErrorInfo(message)) : preview(message);
}
