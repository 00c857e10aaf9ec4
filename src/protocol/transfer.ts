/** How encoded documents cross the boundary of a worker without being cloned. @module */
import type { Encoded } from "./encoded.ts";
import type { Call, CallDone, FromWorker, ToWorker } from "./protocol.ts";

/** Bytes of this size are transferred. A clone of them takes two copies; of fewer bytes, no more time than a transfer. */
export const MIN_TRANSFER = 65_536;

/** Buffers to be transferred with messages. */
type Buffers = ArrayBuffer[];

/** The buffers of the documents that a worker sends: it does not use them any more. */
export function buffersOf(messages: readonly FromWorker[]): Buffers {
  const buffers: Buffers = [];
  for (const message of messages) {
    if (message.kind === "answer") addOwned(buffers, (message.result as Partial<CallDone> | null)?.docs);
    else if (message.kind === "stream-chunk") addOwned(buffers, message.doc);
  }
  return buffers;
}

/** Adds the buffer of bytes that are all of it: others may use the rest. */
function addOwned(buffers: Buffers, bytes: Encoded | undefined): void {
  if (!isLarge(bytes) || bytes.byteLength !== bytes.buffer.byteLength) return;
  buffers.push(bytes.buffer as ArrayBuffer);
}

/**
 * A message to a worker in which large documents are copies, whose buffers are added. The host keeps the originals: they
 * are in the answer when the worker fails, and other branches get them, too.
 */
export function withCopies(message: ToWorker, buffers: Buffers): ToWorker {
  if (message.kind !== "call") return message;
  const { params } = message;
  if (!isLarge(params.body) && !params.branches?.some(isLarge)) return message;
  const call: Call = {
    ...params,
    body: copied(params.body, buffers),
    ...(params.branches && { branches: params.branches.map((branch) => copied(branch, buffers)) }),
  };
  return { ...message, params: call };
}

function copied(encoded: Encoded, buffers: Buffers): Encoded {
  if (!isLarge(encoded)) return encoded;
  const copy = new Uint8Array(encoded);
  buffers.push(copy.buffer);
  return copy;
}

function isLarge(encoded: Encoded | undefined): encoded is Uint8Array {
  return encoded instanceof Uint8Array && encoded.byteLength >= MIN_TRANSFER;
}
