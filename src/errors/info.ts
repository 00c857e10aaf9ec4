import type { LoadErrorCode } from "./load_error.ts";

/** A place in a source file. */
export interface Place {
  /** Absolute path, without a version query. */
  readonly file: string;
  /** Line, from 1. */
  readonly line?: number;
  /** Column, from 1. */
  readonly column?: number;
}

/** An error as plain data, which `postMessage` and JSON transfer without loss. */
export interface ErrorInfo {
  /** The error's class name, such as `TypeError`. */
  readonly name: string;
  /** Why a load failed, when the error is that of a load. */
  readonly code?: LoadErrorCode;
  /** The message, without version queries and colour codes. */
  readonly message: string;
  /** The stack as text; may be empty. */
  readonly stack: string;
  /** The place in the user's code, when it is known. */
  readonly place?: Place;
  /** The source lines around {@linkcode place}, with a marker under the column. */
  readonly snippet?: string;
  /** With `EXECUTOR_NOT_FOUND`: the class that was looked for; absent when any Executor would do. */
  readonly className?: string;
  /** With `EXECUTOR_NOT_FOUND`: the message without its first part, which names the class and the files. */
  readonly reason?: string;
  /** With `EXECUTOR_AMBIGUOUS`: the names of the Executors to choose from. */
  readonly choices?: readonly string[];
}

/** Facts about a failed import. Each takes precedence over what the error itself contains. */
export interface LoadClue {
  readonly name?: string;
  readonly message?: string;
  readonly place?: Place;
  /** The path of an imported file that does not exist. */
  readonly missing?: string;
}

// deno-lint-ignore no-control-regex -- colour codes begin with the escape character
const COLOURS = /\u001b\[[0-9;]*m/g;
const VERSION_QUERY = /\?v=\d+(?=[:)"'\s]|$)/g;

/** Removes colour codes. */
export function withoutColours(text: string): string {
  return text.replace(COLOURS, "");
}

/** Removes colour codes and version queries from a runtime's message or stack, and replaces file URLs by paths. */
export function cleanText(text: string): string {
  return withoutColours(text).replace(VERSION_QUERY, "")
    .replace(/file:\/\/(\/[^\n"']*)/g, (_, path) => decoded(path.replace(/^\/(?=[A-Za-z]:)/, "")));
}

/** Decodes a part of a URL, unless it is decoded already: runtimes do both in their messages. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A frame of V8, or of JavaScriptCore: `module code@/app/a.ts:1:33`. */
const FRAME = /^(?:.*\bat )?(?:async )?(?:[^/\n]*? \(|[^/\n]*@)?((?:[A-Za-z]:)?\/.*):(\d+):(\d+)\)?$/;

/** Functions that decorator compilers add to a module: their lines are not lines of the source. */
const HELPER =
  /\bat (?:\w+\.)?_*(?:memberDec|applyMemberDecs?|applyClassDecs|apply_?[dD]ecs_?\w*|esDecorate|decorate\w*|runInitializers)\b/;

/** The first place in a cleaned stack that is not inside one of the `own` folders. */
function placeIn(text: string, own: readonly string[]): Place | undefined {
  for (const line of text.split("\n")) {
    const frame = FRAME.exec(line.trimEnd());
    if (frame === null || HELPER.test(line) || own.some((folder) => frame[1].startsWith(folder))) continue;
    return { file: frame[1], line: Number(frame[2]), column: Number(frame[3]) };
  }
}

/** The first place in a stack that is in a module from a server: its URL, line and column. */
export function remotePlaceIn(text: string): string | undefined {
  return /^\s*at .*?\b(https?:\/\/[^\s()]+:\d+:\d+)\)?$/m.exec(text)?.[1];
}

/**
 * Converts a thrown value to plain data.
 *
 * @param own Path prefixes that are not the user's code, so that their frames are never the place.
 */
export function toErrorInfo(thrown: unknown, own: readonly string[] = []): ErrorInfo {
  const unread = { name: "Error", stack: "" };
  try {
    if (thrown instanceof Error) return infoOf(thrown, own);
    return { ...unread, message: `a value that is not an Error was thrown: ${preview(thrown)}` };
  } catch {
    // Getters and proxies may throw too.
    return { ...unread, message: "an error was thrown that cannot be read: a getter or proxy of it throws" };
  }
}

function infoOf(thrown: Error, own: readonly string[]): ErrorInfo {
  const stack = cleanText(String(thrown.stack ?? ""));
  const whole = cleanText(String(thrown.message));
  // Deno reports a broken file as "TypeError: SyntaxError: …" followed by its own snippet and the place.
  const syntax = /^(?:The module's source code could not be parsed: )?(SyntaxError): /.exec(whole);
  const message = whole.slice(syntax?.[0].length ?? 0).replace(/\n\s*\|\n[\s\S]*$/, "")
    .replace(/\n\s*at \/[^\n]*/g, "")
    .replace(/ at (?:[A-Za-z]:)?\/\S+:\d+:\d+(?=\n|$)[\s\S]*/, "");
  const place = placeIn(whole, own) ?? placeIn(stack, own);
  const remote = place === undefined ? remotePlaceIn(`${whole}\n${stack}`) : undefined;
  const origin = remote === undefined ? "" : ` in ${remote}`;
  return {
    name: syntax?.[1] ?? String(thrown.name),
    message: `${message.trimEnd()}${origin}${reasonsOf(thrown)}`,
    stack,
    ...(place && { place }),
  };
}

/** The number of causes that a message contains. */
const MAX_REASONS = 5;

/** The causes of an error, and the errors of an `AggregateError`, as text to append to its message. */
function reasonsOf(error: Error, left = MAX_REASONS): string {
  const { cause, errors } = error as Error & { errors?: unknown };
  const reasons = [...(cause === undefined ? [] : [cause]), ...(Array.isArray(errors) ? errors : [])];
  return reasons.slice(0, left).map((reason) => {
    if (!(reason instanceof Error)) return `; caused by: ${preview(reason)}`;
    return `; caused by: ${reason.name}: ${cleanText(String(reason.message))}${reasonsOf(reason, left - 1)}`;
  }).join("");
}

/** A short text of any value for messages; never throws. */
export function preview(value: unknown): string {
  try {
    const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  } catch {
    return typeof value;
  }
}

/** As {@linkcode preview}, with quotes around a text. */
export function quoted(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(preview(value)) : preview(value);
}

/** Formats a place as editors and terminals link it: `/abs/my_executor.ts:4:9`. */
export function formatPlace({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

/** Formats an error for a log line: name, message and place, then the lines of the snippet if there is one. */
export function formatError(info: ErrorInfo): string {
  const place = info.place === undefined ? "" : ` at ${formatPlace(info.place)}`;
  return `${info.name}: ${info.message}${place}${info.snippet === undefined ? "" : `\n${info.snippet}`}`;
}

/** Control characters, which a binary file may contain and a terminal would interpret. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/**
 * Returns up to three lines of a text around a place, with a marker under the column.
 *
 * @param line Line, from 1.
 * @param column Column, from 1.
 * @returns The lines; `undefined` when the text has no such line.
 */
export function snippetOf(text: string, line: number, column = 1): string | undefined {
  const lines = text.split(/\r?\n/);
  if (line < 1 || line > lines.length) return undefined;
  const width = String(line + 1).length;
  const row = (label: string, code: string) => `  ${label.padStart(width)} | ${code}`;
  const first = Math.max(line - 1, 1);
  const rows = lines.slice(first - 1, line + 1)
    .map((code, at) => row(String(first + at), code.slice(0, 120).replace(CONTROL, "\ufffd")));
  const marker = row("", `${" ".repeat(Math.min(column, 121) - 1)}^`);
  return rows.toSpliced(line - first + 1, 0, marker).join("\n");
}
