/**
 * Errors of public methods as their caller sees them: the message and the caller's own frames. The library's frames
 * would only hide both where an uncaught error is printed.
 *
 * @module
 */
import { codeOf } from "./codes.ts";
import { inWorker } from "./in_worker.ts";
import { cleanText } from "./info.ts";

/** A function that a stack begins below. */
// deno-lint-ignore ban-types -- the type that Error.captureStackTrace() takes
type Boundary = Function;
/** What Error.captureStackTrace() has filled; nothing is formatted before it is read. */
interface Captured {
  readonly stack?: string;
}

/** The library's sources, as stacks name them. */
const LIBRARY = cleanText(new URL("../", import.meta.url).href);
const FRAME = /^\s+at \S/;
/** The end of a frame that names a place, which "at new Promise (<anonymous>)" does not. */
const PLACE = /:\d+\)?$/;
/** The frames of Deno, Node.js and Bun themselves. */
const RUNTIME = /\b(?:node|ext|bun|internal|native):/;
/** Causes followed, since they can lead in a circle. */
const MAX_CAUSES = 10;

/**
 * Has the errors of public methods show the frames of their caller only, in promises and streams too.
 *
 * @param owner A prototype; or a class, for its static methods.
 * @param names The methods.
 */
export function showCallers<T extends object>(owner: T, names: readonly (keyof T & string)[]): void {
  for (const name of names) {
    const method = owner[name] as (...args: unknown[]) => unknown;
    const shown = function (this: unknown, ...args: unknown[]): unknown {
      // Errors of a worker are reported by their place, which the stack as it is tells more exactly.
      if (inWorker()) return method.apply(this, args);
      const result = atCaller(shown, () => method.apply(this, args));
      if (result instanceof Promise) return settled(result, captured(shown));
      if (isStream(result)) {
        const next = result.next.bind(result);
        const called = captured(shown);
        result.next = () => settled(next(), called);
      }
      return result;
    };
    Object.defineProperty(shown, "name", { value: name });
    Object.defineProperty(owner, name, { value: shown, writable: true, configurable: true });
  }
}

/** Calls a function whose errors show the frames of the boundary's caller. */
export function atCaller<T>(boundary: Boundary, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (isOwn(error)) showFrames(error, boundary, captured(atCaller));
    throw error;
  }
}

async function settled<T>(promise: Promise<T>, called: Captured): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (isOwn(error)) {
      // In another turn of the event loop, no frame of the runtime is on the stack.
      await new Promise<void>((resolve) => setImmediate(resolve));
      showFrames(error, settled, called);
    }
    throw error;
  }
}

function isStream(result: unknown): result is AsyncGenerator<unknown> {
  return typeof result === "object" && result !== null && Symbol.asyncIterator in result;
}

/** Whether an error was made by the library on purpose: not by a callback, and not by a defect of the library. */
function isOwn(error: unknown): error is Error {
  if (!(error instanceof Error) || codeOf(error) === undefined) return false;
  const first = framesOf(error, error.message).find((frame) => PLACE.test(frame));
  return first === undefined || isLibrary(first);
}

/**
 * Gives an error the frames from below the boundary on, and its cause none.
 *
 * @param called The stack of the call, for code that does not await it.
 */
function showFrames(error: Error, boundary: Boundary, called: Captured): void {
  const frames = framesOf(captured(boundary));
  const end = frames.findIndex((frame) => RUNTIME.test(frame));
  const own = end < 0 ? frames : frames.slice(0, end);
  const cause = error.cause instanceof Error ? firstCause(error.cause) : undefined;
  if (cause !== undefined) error.cause = cause;
  if (own.length > 0 && hasLimit()) {
    // It must not be read afterwards: V8 would forget which source line it has to show.
    withLimit(own.length, () => Error.captureStackTrace(error, boundary));
    if (cause !== undefined) withLimit(0, () => Error.captureStackTrace(cause, boundary));
    return;
  }
  const shown = own.length > 0 ? own : framesOf(called).filter(isUsers);
  setFrames(error, shown);
  // Below a cause without frames, JavaScriptCore would show the library's.
  if (cause !== undefined) setFrames(cause, hasLimit() ? [] : shown);
}

/** Sets a stack as text. Deno takes the frames of the last one that was read, unless there were none. */
function setFrames(error: Error, frames: readonly string[]): void {
  withLimit(0, () => Error.captureStackTrace(error, setFrames));
  void error.stack;
  // Bun reads only frames that have a name.
  const named = frames.map((frame) =>
    frame.replace(/^(\s*at )(?:async )?([^\s(]+:\d+)$/, "$1<anonymous> ($2)")
  );
  error.stack = [`${error.name}: ${error.message}`, ...named].join("\n");
}

/** Whether this engine knows stacks without frames, as V8 does. JavaScriptCore does not, and shows frames from text. */
function hasLimit(): boolean {
  const holder: Captured = {};
  withLimit(0, () => Error.captureStackTrace(holder));
  return framesOf(holder).length === 0;
}

/** The error behind all others. Runtimes print it too: nothing but one line of it, and programs can read the rest. */
function firstCause(cause: Error): Error {
  let first = cause;
  for (let left = MAX_CAUSES; left > 0 && first.cause instanceof Error; left--) first = first.cause;
  for (const key of Object.keys(first)) Reflect.defineProperty(first, key, { enumerable: false });
  return first;
}

function captured(boundary: Boundary): Captured {
  const holder: Captured = {};
  Error.captureStackTrace(holder, boundary);
  return holder;
}

function withLimit(limit: number, act: () => void): void {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = limit;
  act();
  Error.stackTraceLimit = usual;
}

/** The frames of a stack, without the message above them, which may hold lines that look like frames. */
function framesOf({ stack }: Captured, message = ""): string[] {
  const text = String(stack);
  const start = text.indexOf(message);
  return text.slice(start < 0 ? 0 : start + message.length).split("\n").filter((line) => FRAME.test(line));
}

function isLibrary(frame: string): boolean {
  return cleanText(frame).includes(LIBRARY);
}

function isUsers(frame: string): boolean {
  return !isLibrary(frame) && !RUNTIME.test(frame);
}
