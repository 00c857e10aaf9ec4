/** Messages as they pass grpc-js: bytes, which it neither reads nor writes itself. @module */
import { gzip } from "../runtime/inflate.ts";

/** Smaller answers are not compressed: they fit in one packet. */
const MIN_COMPRESSED = 1_024;

/**
 * An answer in the form that grpc-js serialises: it asks for the length, and has the bytes copied behind the five of
 * their frame. The first of these marks a compressed message, which grpc-js itself never sends.
 */
export class Message {
  private constructor(private readonly bytes: Uint8Array, private readonly isCompressed: boolean) {}

  /** Makes an answer; a large one is compressed if the client compresses, too. */
  static of(bytes: Uint8Array, gzips: boolean): Message | Promise<Message> {
    if (!gzips || bytes.length < MIN_COMPRESSED) return new Message(bytes, false);
    return gzip(bytes).then((compressed) => new Message(compressed, true));
  }

  get byteLength(): number {
    return this.bytes.length;
  }

  copy(frame: Uint8Array, start: number): void {
    if (this.isCompressed) frame[0] = 1;
    frame.set(this.bytes, start);
  }
}

/** Passes an answer on: grpc-js calls nothing of Node's Buffer but {@linkcode Message.copy}. */
// deno-lint-ignore no-explicit-any -- the type is Node's Buffer
export const serialize = (message: Message): any => message;

/** The bytes of a request, not as Node's Buffer, whose `slice()` does not copy. */
export const deserialize = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);
