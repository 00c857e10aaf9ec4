import { isDocument } from "../document/document.ts";
import { nameOf } from "../document/json_value.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { CallContext } from "./_call_context.ts";
import type { DocumentSink } from "./document_sink.ts";

/** Gives documents one by one, and possibly a value at its end. */
export type Source = Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>;

/**
 * Moves documents from a source to a sink, each as soon as the sink has credit for it. When the call is aborted, or an
 * item is not a document, the source's `return()` is called, so that it can clean up.
 *
 * @param encode Encodes an item; it throws when the item is not a document.
 * @returns What the source returned at its end.
 */
export async function pump(
  source: Source,
  encode: (item: unknown, index: number) => Encoded,
  sink: DocumentSink,
  call: Pick<CallContext, "throwIfAborted" | "onAbort">,
): Promise<unknown> {
  let cleaned: Promise<void> | undefined;
  const cleanUp = async () => void await source.return?.();
  // An error of the clean-up must not replace the one that made it necessary.
  const stop = () => cleaned ??= cleanUp().catch(() => {});
  call.onAbort = () => {
    // At once, without waiting for the pending next(): a source that is not a generator can stop immediately.
    stop();
    sink.addCredit(Infinity);
  };
  let isRunning = false;
  try {
    for (let index = 0;; index++) {
      await sink.ready();
      call.throwIfAborted();
      isRunning = true;
      const { done, value } = await source.next();
      isRunning = false;
      call.throwIfAborted();
      if (done) return value;
      sink.send(encode(value, index));
    }
  } catch (error) {
    // A source that threw has ended by itself.
    if (!isRunning) await stop();
    throw error;
  }
}

/** The iterator of a generator or a stream that a handler returned; `undefined` for other values, arrays included. */
export function sourceOf(returned: unknown): Source | undefined {
  if (typeof returned !== "object" || returned === null) return undefined;
  const iterable = returned as Partial<AsyncIterable<unknown> & Iterator<unknown, unknown>>;
  if (typeof iterable[Symbol.asyncIterator] === "function") {
    return (iterable as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  }
  const isIterator = Symbol.iterator in iterable && typeof iterable.next === "function";
  return isIterator ? iterable as Iterator<unknown> : undefined;
}

/** The document that a generator yielded; throws when it is none. */
export function yieldedDocument(value: unknown): unknown {
  if (isDocument(value)) return value;
  const hint = Array.isArray(value) ? "; to yield several, write `yield* docs`" : "";
  throw new TypeError(
    `Cannot stream ${nameOf(value)}: a handler that is a generator yields Documents, or their fields${hint}`,
  );
}
