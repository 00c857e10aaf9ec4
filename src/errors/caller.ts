/**
 * Limits the stack of errors of public methods to the frames of the caller. The frames of the library would hide the
 * message and the caller's line where a runtime prints an uncaught error.
 *
 * @module
 */
import { codeOf } from "./codes.ts";
import { cleanText } from "./info.ts";

/** The function whose caller is the first frame of a stack. */
// deno-lint-ignore ban-types -- the type that Error.captureStackTrace() takes
type Boundary = Function;
/** An object that Error.captureStackTrace() has filled. The stack is formatted when it is read. */
interface Captured {
  readonly stack?: string;
}

/** The folder of the library's sources, as stacks contain it. */
const LIBRARY = cleanText(new URL("../", import.meta.url).href);
const FRAME = /^\s+at \S/;
/** The end of a frame that contains a place, unlike "at new Promise (<anonymous>)". */
const PLACE = /:\d+\)?$/;
/** The frames of Deno, Node.js and Bun themselves. */
const RUNTIME = /\b(?:node|ext|bun|internal|native):/;
/** The number of causes that are followed: they may form a cycle. */
const MAX_CAUSES = 10;

/** Whether this code runs inside an Executor's worker. */
export function inWorker(): boolean {
  return Symbol.for("hotflow.worker") in globalThis;
}

/**
 * Replaces methods by ones whose errors show only the frames of the caller, also in promises and streams.
 *
 * @param owner A prototype, or a class for its static methods.
 */
export function showCallers<T extends object>(owner: T, names: readonly (keyof T & string)[]): void {
  for (const name of names) {
    const method = owner[name] as (...args: unknown[]) => unknown;
    const shown = function (this: unknown, ...args: unknown[]): unknown {
      // A worker reports errors with their place, and the unchanged stack gives the exact one.
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

/** Calls a function; its errors show only the frames of the boundary's caller. */
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

/** Whether the library threw an error on purpose: not a callback, and not a defect of the library. */
function isOwn(error: unknown): error is Error {
  if (!(error instanceof Error) || codeOf(error) === undefined) return false;
  const first = framesOf(error, error.message).find((frame) => PLACE.test(frame));
  return first === undefined || isLibrary(first);
}

/**
 * Sets the frames of an error to those below the boundary, and removes those of its cause.
 *
 * @param called The stack of the call, used where the caller does not await the promise.
 */
function showFrames(error: Error, boundary: Boundary, called: Captured): void {
  const frames = framesOf(captured(boundary));
  const end = frames.findIndex((frame) => RUNTIME.test(frame));
  const own = end < 0 ? frames : frames.slice(0, end);
  const cause = error.cause instanceof Error ? firstCause(error.cause) : undefined;
  if (cause !== undefined) error.cause = cause;
  if (own.length > 0 && hasLimit()) {
    // The stack must not be read afterwards: V8 would no longer show the source line.
    withLimit(own.length, () => Error.captureStackTrace(error, boundary));
    if (cause !== undefined) withLimit(0, () => Error.captureStackTrace(cause, boundary));
    return;
  }
  const shown = own.length > 0 ? own : framesOf(called).filter(isUsers);
  setFrames(error, shown);
  // Below a cause without frames, JavaScriptCore would show the library's.
  if (cause !== undefined) setFrames(cause, hasLimit() ? [] : shown);
}

/** Sets the stack as text. Deno shows the frames of the stack that was read last, unless it had none. */
function setFrames(error: Error, frames: readonly string[]): void {
  withLimit(0, () => Error.captureStackTrace(error, setFrames));
  void error.stack;
  // Bun ignores frames without a function name.
  const named = frames.map((frame) =>
    frame.replace(/^(\s*at )(?:async )?([^\s(]+:\d+)$/, "$1<anonymous> ($2)")
  );
  error.stack = [`${error.name}: ${error.message}`, ...named].join("\n");
}

/** Whether the engine supports stacks without frames: V8 does; JavaScriptCore takes the frames from the text. */
function hasLimit(): boolean {
  const holder: Captured = {};
  withLimit(0, () => Error.captureStackTrace(holder));
  return framesOf(holder).length === 0;
}

/** The last cause, with its properties hidden: runtimes print it as one line, and programs can read the properties. */
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
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = limit;
  act();
  Error.stackTraceLimit = before;
}

/** The frames of a stack. The message above them is skipped: it may contain lines that look like frames. */
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
