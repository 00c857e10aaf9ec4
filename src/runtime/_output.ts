/** Captures standard output and standard error of the process on Deno, Node.js and Bun. @module */
import { Buffer } from "node:buffer";
import { Console } from "node:console";
import process from "node:process";
import type { OutputStream, TakeOutput } from "./runtime.ts";

/** The methods of `console` that write, or keep state for those. */
const METHODS = [
  ...["log", "info", "debug", "warn", "error", "trace", "dir", "dirxml", "table", "group", "groupCollapsed"],
  ...["groupEnd", "count", "countReset", "assert", "time", "timeLog", "timeEnd", "clear"],
] as const;
const STREAMS: readonly OutputStream[] = ["stdout", "stderr"];
/** The time after which an incomplete line is passed on, in milliseconds. */
const HELD_MS = 50;
/** The length at which an incomplete line is passed on, in characters. */
const MAX_HELD = 65_536;

type Chunk = string | Uint8Array;
type Callback = (error?: Error | null) => void;
type WriteOutput = (stream: OutputStream, chunk: Chunk) => void;

/**
 * Replaces `console`, `process.stdout`, `process.stderr`, and the functions of `node:fs` that write to them. `take` is
 * called with complete lines; `flush` passes on incomplete ones.
 */
export function captureOutput(take: TakeOutput): { flush: () => void; write: WriteOutput } {
  const lines = {
    stdout: new Lines((text) => take("stdout", text)),
    stderr: new Lines((text) => take("stderr", text)),
  };
  const flush = () => STREAMS.forEach((stream) => lines[stream].flush());
  const write = (stream: OutputStream, chunk: Chunk) => {
    // Keeps the order between the two streams.
    lines[stream === "stdout" ? "stderr" : "stdout"].flush();
    lines[stream].put(chunk);
  };
  for (const name of STREAMS) replaceWrite(name, write);
  replaceConsole((chunk) => write("stdout", chunk));
  replaceFileWrites(write);
  return { flush, write };
}

/** Joins chunks to complete lines. */
class Lines {
  readonly #decoder = new TextDecoder();
  #held = "";
  #timer?: ReturnType<typeof setTimeout>;

  constructor(private readonly take: (text: string) => void) {}

  put(chunk: Chunk): void {
    clearTimeout(this.#timer);
    const text = this.#held +
      (typeof chunk === "string" ? chunk : this.#decoder.decode(chunk, { stream: true }));
    const end = text.lastIndexOf("\n");
    this.#held = text.slice(end + 1);
    if (end >= 0) this.take(text.slice(0, end));
    if (this.#held.length > MAX_HELD) this.flush();
    else if (this.#held !== "") this.#timer = setTimeout(() => this.flush(), HELD_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    const text = this.#held;
    this.#held = "";
    if (text !== "") this.take(text);
  }
}

function replaceWrite(name: OutputStream, write: WriteOutput): void {
  const replaced = (chunk: Chunk, encoding?: BufferEncoding | Callback, callback?: Callback): boolean => {
    const isText = typeof chunk === "string" && typeof encoding === "string";
    write(name, isText ? Buffer.from(chunk as string, encoding) : chunk);
    const done = typeof encoding === "function" ? encoding : callback;
    if (done !== undefined) queueMicrotask(() => done());
    return true;
  };
  Object.defineProperty(process[name], "write", { value: replaced, writable: true, configurable: true });
}

function replaceConsole(write: (chunk: Chunk) => void): void {
  const { stdout, stderr } = process;
  const own = new Console({ stdout, stderr, colorMode: false });
  const set = (key: string, value: unknown) =>
    Object.defineProperty(console, key, { value, writable: true, configurable: true, enumerable: true });
  for (const method of METHODS) set(method, own[method].bind(own));
  // Bun has a method that does not add a newline.
  if ("write" in console) set("write", (...chunks: Chunk[]) => chunks.forEach(write));
}

type AnyFunction = (...args: unknown[]) => unknown;

/** Replaces the functions that write to the file descriptors 1 and 2, as logging packages do. */
function replaceFileWrites(write: WriteOutput): void {
  // Loaded only here: on Deno, it takes a worker 3 ms.
  const fs = process.getBuiltinModule("node:fs") as unknown as Record<string, AnyFunction>;
  const written = (fd: unknown, data: unknown, rest: unknown[]): number | undefined => {
    if (fd !== 1 && fd !== 2) return undefined;
    const chunk = chunkOf(data, rest);
    write(fd === 1 ? "stdout" : "stderr", chunk);
    return chunk.byteLength;
  };
  const { write: later, writeSync: atOnce } = fs;
  fs.writeSync = withPropertiesOf(
    atOnce,
    (fd, data, ...rest) => written(fd, data, rest) ?? atOnce(fd, data, ...rest),
  );
  fs.write = withPropertiesOf(later, (fd, data, ...rest) => {
    const size = written(fd, data, rest);
    if (size === undefined) return later(fd, data, ...rest);
    const callback = rest.at(-1);
    if (typeof callback === "function") queueMicrotask(() => callback(null, size, data));
  });
  process.getBuiltinModule("node:module").syncBuiltinESMExports?.();
}

/** Copies the properties of the original function, some of which util.promisify() reads. */
function withPropertiesOf(original: AnyFunction, replacement: AnyFunction): AnyFunction {
  return Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
}

/** The bytes that `fs.write(fd, data, …)` would write. */
function chunkOf(data: unknown, [first, second]: readonly unknown[]): Buffer {
  if (!ArrayBuffer.isView(data)) {
    return Buffer.from(String(data), typeof second === "string" ? second as BufferEncoding : "utf8");
  }
  const { offset = 0, length } = typeof first === "object" && first !== null
    ? first as { offset?: number; length?: number }
    : {
      offset: typeof first === "number" ? first : 0,
      length: typeof second === "number" ? second : undefined,
    };
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  // A copy: the caller may reuse the buffer.
  return Buffer.from(bytes.subarray(offset, length === undefined ? undefined : offset + length));
}
