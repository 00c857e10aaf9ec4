/** The message of a gRPC request with `documents` documents; each has an embedding of `floats` numbers, if any. */
export function grpcRequest(documents: number, floats: number): Uint8Array {
  const docs = Array.from({ length: documents }, (_, i) => field(1, document(i, floats)));
  const header = field(1, field(3, text("/")));
  const message = concat([header, field(4, field(1, concat(docs)))]);
  const frame = new Uint8Array(5 + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, 5);
  return frame;
}

/** A DocumentProto. */
function document(i: number, floats: number): Uint8Array {
  const id = i.toString(16).padStart(8, "0").repeat(4);
  const parts = [field(1, text(id)), field(4, text(`hello world ${i}`))];
  if (floats > 0) {
    const numbers = new Uint8Array(Float32Array.from({ length: floats }, (_, n) => Math.sin(i + n)).buffer);
    const shape = concat([Uint8Array.of(0x12), field(0, varint(floats)).slice(1)]);
    const dense = concat([field(1, numbers), shape, field(3, text("<f4"))]);
    parts.push(field(16, concat([field(1, dense), field(3, text("numpy"))])));
  }
  return concat(parts);
}

function field(number: number, content: Uint8Array): Uint8Array {
  return concat([varint(number << 3 | 2), varint(content.length), content]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push(value & 127 | 128);
  return Uint8Array.of(...bytes, value);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
