import { Metadata, type ServerUnaryCall } from "@grpc/grpc-js";
import { CancelToken } from "../async/cancel_token.ts";
import { clientGone } from "../gateway/request_timeouts.ts";
import { Message } from "./_message.ts";
import { type CallInfo, Code, GrpcError } from "./service_adder.ts";

/** A call as grpc-js has it. */
type RawCall =
  & Pick<
    ServerUnaryCall<Uint8Array, Message>,
    "metadata" | "getPeer" | "getDeadline" | "sendMetadata"
  >
  & { on(event: "cancelled", listener: () => void): void };

/** The keys that grpc-js takes; other names of headers no call can have. */
const METADATA_KEY = /^[0-9a-z_.-]+$/i;

/** A call, and what a handler may tell its client beside the messages. */
export class GrpcCall implements CallInfo {
  /** Sent after the last message, or with the status of a call that failed. */
  readonly trailers: Metadata = new Metadata();
  /** Whether an answer has an error of the server in its header, which the status of the call does not have. */
  hasFault = false;
  readonly #cancel = new CancelToken();
  readonly #gzips: boolean;
  #metadata?: ReadonlyMap<string, string>;
  #signal?: AbortSignal;
  #isOver = false;

  constructor(private readonly raw: RawCall) {
    raw.on("cancelled", () => {
      // grpc-js reports it at the end of every call, too.
      if (!this.#isOver) this.cancel(this.#isLate ? deadlineOver() : clientGone());
    });
    this.#gzips = encodingOf(raw) === "gzip";
    if (!this.#gzips) return;
    const encoding = new Metadata();
    encoding.set("grpc-encoding", "gzip");
    raw.sendMetadata(encoding);
  }

  get metadata(): ReadonlyMap<string, string> {
    this.#metadata ??= new Map(
      Object.entries(this.raw.metadata.toJSON()).map(([name, values]) => [name, String(values.at(-1))]),
    );
    return this.#metadata;
  }

  /** The first value of one key of the metadata. */
  first(key: string): string | undefined {
    return this.raw.metadata.get(key).at(0)?.toString();
  }

  /** The values of one key of the metadata, as HTTP joins those of a header; binary ones in base64, as they are sent. */
  header(key: string): string | undefined {
    if (!METADATA_KEY.test(key)) return undefined;
    const values = this.raw.metadata.get(key);
    if (values.length === 0) return this.#text(key);
    return values.map((value) => typeof value === "string" ? value : value.toString("base64")).join(", ");
  }

  /** A value in another alphabet than metadata has: another Flow sends it as bytes. */
  #text(key: string): string | undefined {
    const value = this.raw.metadata.get(`${key}-bin`).at(0);
    return typeof value === "object" ? value.toString("utf8") : undefined;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController();
      this.#signal = controller.signal;
      this.onCancel((reason) => controller.abort(reason));
    }
    return this.#signal;
  }

  get peer(): string {
    return this.raw.getPeer();
  }

  /** Why it was cancelled. */
  get cancelReason(): Error | undefined {
    return this.#cancel.reason;
  }

  /** Calls back with the reason when the client has cancelled the call, is gone, or its deadline is over. */
  onCancel(listener: (reason: Error) => void): void {
    this.#cancel.onCancel(listener);
  }

  cancel(reason: Error): void {
    this.#cancel.cancel(reason);
  }

  /** Drops the listeners, after the end. */
  release(): void {
    this.#isOver = true;
    this.#cancel.release();
  }

  /** An answer in the coding that the client uses. */
  message(bytes: Uint8Array): Message | Promise<Message> {
    return Message.of(bytes, this.#gzips);
  }

  get #isLate(): boolean {
    return Date.now() >= Number(this.raw.getDeadline());
  }
}

function deadlineOver(): DOMException {
  return new DOMException("the call's deadline is over", "TimeoutError");
}

/** How a client codes its messages. grpc-js keeps that to itself: without it, answers are not compressed. */
function encodingOf(raw: RawCall): string | undefined {
  return (raw as { call?: { incomingEncoding?: string } }).call?.incomingEncoding;
}

/** The status of a failed call, as grpc-js takes it. The message is sent in a header. */
export function statusOf(error: unknown): { code: number; details: string } {
  const { code, message } = error instanceof GrpcError ? error : new GrpcError(Code.INTERNAL, String(error));
  return { code, details: message.slice(0, MAX_DETAILS).toWellFormed() };
}

/** Clients refuse headers of more than 8 kB; of other alphabets, a character can take 9 bytes. */
const MAX_DETAILS = 800;
