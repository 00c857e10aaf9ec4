import type { CancelToken } from "../async/cancel_token.ts";
import { NoMethodError, RefusedError } from "./_call_error.ts";
import { readSingleRequest, writeSingleRequest } from "../protobuf/messages.ts";
import { type BinaryReader, BinaryWriter, readFields, writeMessage } from "../protobuf/wire.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { CallAnswer } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import { costOf, type StreamQueue, WINDOW } from "../protocol/stream_queue.ts";
import { answerOf } from "./_answer.ts";
import type { RemoteTarget, Sending, WireCall } from "./_remote_call.ts";
import type { RemoteLink } from "./remote_link.ts";

/** The method of the second generation. */
const STREAM = "/jina.JinaSingleDocumentRequestRPC/stream_doc";

/**
 * Passes the documents of a call on one by one; `undefined` when the other side does not stream.
 *
 * @throws {NotSentError} As `RemoteLink.stream()` does.
 */
export async function streamFrom(
  link: RemoteLink,
  wire: WireCall,
  { parameters, ...outgoing }: Sending,
  remote: RemoteTarget,
  context: RequestContext,
): Promise<CallAnswer | undefined> {
  const { requestId, endpoint } = wire;
  const [doc] = documentsIn(wire.docs);
  const bytes = writeSingleRequest({ requestId, endpoint, ...parameters, docs: doc });
  const sink = new Sink(context.stream as StreamQueue, outgoing.cancel);
  let last: CallAnswer = answerOf(wire, { requestId, routes: [] });
  try {
    for await (const message of link.stream(STREAM, { ...outgoing, bytes })) {
      const { docs, ...head } = readSingleRequest(message);
      last = answerOf(wire, head);
      if (last.kind !== "done" || last.error !== undefined) {
        return answerOf(wire, { ...head, docs: wire.docs });
      }
      if (docs !== undefined) await sink.put(await encoded(docs, wire, remote, context));
    }
  } catch (error) {
    if (error instanceof NoMethodError && !sink.hasBegun) return undefined;
    if (error instanceof RefusedError && sink.hasBegun) throw new Error(error.message);
    throw error;
  } finally {
    sink.detach();
  }
  sink.begin();
  return last;
}

/** A document in the codec of the call. */
async function encoded(
  doc: Uint8Array,
  { call, codec, endpoint }: WireCall,
  remote: RemoteTarget,
  { stream: _, ...context }: RequestContext,
): Promise<Encoded> {
  const own = doc.slice();
  if (call.codec === codec) return own;
  const list = new BinaryWriter();
  writeMessage(list, 1, own);
  const { typed, codec: convertTo = "json" } = call;
  const answer = await remote.parse({
    ...{ body: list.finish(), codec, requestId: call.requestId, envelope: { endpoint }, convertTo },
    ...(typed !== undefined && { typed }),
  }, context);
  if (answer.kind !== "done") throw new Error(`the document of ${endpoint} cannot be sent as ${convertTo}`);
  const { docs } = answer;
  return typeof docs === "string" ? docs.slice(1, -1) : documentsIn(docs)[0].slice();
}

function documentsIn(docs: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  readFields(docs, (number, reader: BinaryReader) => {
    if (number !== 1) return false;
    found.push(reader.bytes());
  });
  return found;
}

/** Pushes documents to a stream within its window. */
class Sink {
  #room = WINDOW;
  #wake = () => {};
  /** Has the call forget it. */
  readonly detach: () => void;

  constructor(private readonly queue: StreamQueue, private readonly cancel: CancelToken) {
    this.detach = cancel.onCancel(() => this.#wake());
    queue.onConsumed = (room) => {
      this.#room += room;
      this.#wake();
    };
  }

  get hasBegun(): boolean {
    return this.queue.hasBegun;
  }

  begin(): void {
    if (!this.queue.hasBegun) this.queue.begin();
  }

  /** Adds a document; resolves when there is room for the next one, and rejects when the call is cancelled. */
  async put(doc: Encoded): Promise<void> {
    if (this.cancel.reason !== undefined) throw this.cancel.reason;
    this.begin();
    this.#room -= costOf(doc);
    this.queue.push(doc);
    while (this.#room <= 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
      if (this.cancel.reason !== undefined) throw this.cancel.reason;
    }
  }
}
