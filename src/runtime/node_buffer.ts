import { Buffer } from "node:buffer";

/** Bytes as the class that libraries made for Node expect; they are not copied. */
export function nodeBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
