import type { LoadErrorCode } from "./load_error.ts";

/** A place in a source file, as people read it: an absolute path, line and column counted from 1. */
export interface Place {
  /** Absolute path, without a version query. */
  readonly file: string;
  /** Line, from 1. */
  readonly line?: number;
  /** Column, from 1. */
  readonly column?: number;
}

/** An error as plain data: what `postMessage` and JSON carry without loss. */
export interface ErrorInfo {
  /** The error's class name, such as `TypeError`. */
  readonly name: string;
  /** Why a load failed, when the error is that of a load. */
  readonly code?: LoadErrorCode;
  /** One readable message: no version queries, no colour codes. */
  readonly message: string;
  /** The stack's lines as text; may be empty. */
  readonly stack: string;
  /** Where it comes from in the user's code, when that is known. */
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

/** What more is known of a failed import. What is there takes the place of what the error says itself. */
export interface LoadClue {
  readonly name?: string;
  readonly message?: string;
  readonly place?: Place;
  /** A file that is imported and was not found. */
  readonly missing?: string;
}

// deno-lint-ignore no-control-regex -- colour codes begin with the escape character
const COLOURS = /\u001b\[[0-9;]*m/g;
const VERSION_QUERY = /\?v=\d+(?=[:)"'\s]|$)/g;

/**
 * Makes runtime text fit for people: no colours, no version queries, paths instead of file URLs.
 *
 * @param text A message or stack of a runtime.
 * @returns The readable text.
 */
export function cleanText(text: string): string {
  return text.replace(COLOURS, "").replace(VERSION_QUERY, "")
    .replace(/file:\/\/(\/[^\n"']*)/g, (_, path) => decoded(path.replace(/^\/(?=[A-Za-z]:)/, "")));
}

/** Some of a runtime's messages have a URL as it is written, others have it decoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A frame of V8, or of JavaScriptCore: `module code@/app/a.ts:1:33`. */
const FRAME = /^(?:.*\bat )?(?:async )?(?:[^/\n]*? \(|[^/\n]*@)?((?:[A-Za-z]:)?\/.*):(\d+):(\d+)\)?$/;

/** Functions that compilers of decorators put into a module: their lines are none of the source. */
const HELPER =
  /\bat (?:\w+\.)?_*(?:memberDec|applyMemberDecs?|applyClassDecs|apply_?[dD]ecs_?\w*|esDecorate|decorate\w*|runInitializers)\b/;

/** The first place in a readable stack that is not inside one of the `own` folders. */
function placeIn(text: string, own: readonly string[]): Place | undefined {
  for (const line of text.split("\n")) {
    const frame = FRAME.exec(line.trimEnd());
    if (frame === null || HELPER.test(line) || own.some((folder) => frame[1].startsWith(folder))) continue;
    return { file: frame[1], line: Number(frame[2]), column: Number(frame[3]) };
  }
}

/** The first place in a module that is loaded from a server: its URL, with line and column. */
export function remotePlaceIn(text: string): string | undefined {
  return /^\s*at .*?\b(https?:\/\/[^\s()]+:\d+:\d+)\)?$/m.exec(text)?.[1];
}

/**
 * Turns whatever was thrown into plain data.
 *
 * @param thrown What was thrown; anything.
 * @param own Path prefixes that are not the user's code and so never the place to name.
 * @returns The error as plain data.
 */
export function toErrorInfo(thrown: unknown, own: readonly string[] = []): ErrorInfo {
  try {
    return infoOf(thrown, own);
  } catch {
    // Getters and proxies may throw in their turn.
    return {
      name: "Error",
      message: "an error was thrown that cannot be read: asking for it throws",
      stack: "",
    };
  }
}

function infoOf(thrown: unknown, own: readonly string[]): ErrorInfo {
  if (!(thrown instanceof Error)) {
    return {
      name: "Error",
      message: `a value that is not an Error was thrown: ${preview(thrown)}`,
      stack: "",
    };
  }
  const stack = cleanText(String(thrown.stack ?? ""));
  const whole = cleanText(String(thrown.message));
  // Deno reports a broken file as "TypeError: SyntaxError: …" followed by its own snippet and the place.
  const syntax = /^(?:The module's source code could not be parsed: )?(SyntaxError): /.exec(whole);
  const message = whole.slice(syntax?.[0].length ?? 0).replace(/\n\s*\|\n[\s\S]*$/, "").replace(
    /\n\s*at \/[^\n]*/g,
    "",
  )
    .replace(/ at (?:[A-Za-z]:)?\/\S+:\d+:\d+(?=\n|$)[\s\S]*/, "");
  const place = placeIn(whole, own) ?? placeIn(stack, own);
  const remote = place === undefined ? remotePlaceIn(`${whole}\n${stack}`) : undefined;
  const name = syntax?.[1] ?? String(thrown.name);
  const said = `${message.trimEnd()}${remote === undefined ? "" : ` in ${remote}`}${reasonsOf(thrown)}`;
  return { name, message: said, stack, ...(place && { place }) };
}

/** How many errors behind an error are told. */
const MOST_REASONS = 5;

/** What is behind an error: its cause, and the errors that it stands for. */
function reasonsOf(error: Error, left = MOST_REASONS): string {
  const { cause, errors } = error as Error & { errors?: unknown };
  const behind = [...(cause === undefined ? [] : [cause]), ...(Array.isArray(errors) ? errors : [])].slice(
    0,
    left,
  );
  return behind.map((reason) => {
    if (!(reason instanceof Error)) return `; caused by: ${preview(reason)}`;
    return `; caused by: ${reason.name}: ${cleanText(String(reason.message))}${reasonsOf(reason, left - 1)}`;
  }).join("");
}

/** A short, safe rendering of any value for messages. */
export function preview(value: unknown): string {
  try {
    const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  } catch {
    return typeof value;
  }
}

/** What is in a file that is no text is not to change the terminal that it is shown in. */
function printable(line: string): string {
  // deno-lint-ignore no-control-regex
  return line.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "\ufffd");
}

/**
 * Writes a place as editors and terminals link it: `/abs/my_executor.ts:4:9`.
 *
 * @param place The place.
 * @returns The text.
 */
export function formatPlace(place: Place): string {
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(":");
}

/**
 * Writes an error for a log line: name, message, place, and the snippet below when there is one.
 *
 * @param info The error.
 * @returns One or several lines.
 */
export function formatError(info: ErrorInfo): string {
  const place = info.place === undefined ? "" : ` at ${formatPlace(info.place)}`;
  return `${info.name}: ${info.message}${place}${info.snippet === undefined ? "" : `\n${info.snippet}`}`;
}

/**
 * Cuts the lines around a place out of a file's text, with a marker under the column.
 *
 * @param text The file's text.
 * @param line Line, from 1.
 * @param column Column, from 1.
 * @returns Up to three lines and the marker; `undefined` when the file has no such line.
 */
export function snippetOf(text: string, line: number, column = 1): string | undefined {
  const lines = text.split(/\r?\n/);
  if (line < 1 || line > lines.length) return undefined;
  const width = String(line + 1).length;
  const row = (number: number) =>
    `  ${String(number).padStart(width)} | ${printable(lines[number - 1].slice(0, 120))}`;
  const marker = `  ${" ".repeat(width)} | ${" ".repeat(Math.min(column, 121) - 1)}^`;
  return [
    ...(line > 1 ? [row(line - 1)] : []),
    row(line),
    marker,
    ...(line < lines.length ? [row(line + 1)] : []),
  ]
    .join("\n");
}
