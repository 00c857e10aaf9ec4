/** The wire format of protobuf. Only code that is loaded for gRPC or WebSocket imports it. @module */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

export { BinaryReader, BinaryWriter, WireType };

/** Reads the fields of a message one by one: `field` reads the value, or returns `false` to skip it. */
export function readFields(
  bytes: Uint8Array,
  field: (number: number, reader: BinaryReader, wireType: WireType) => void | false,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (field(number, reader, wireType) === false) reader.skip(wireType, number);
  }
}

/** Writes a field that is a message, or bytes: of a message that is encoded already. */
export function writeMessage(writer: BinaryWriter, number: number, message: Uint8Array): void {
  writer.tag(number, WireType.LengthDelimited).bytes(message);
}

/** Writes a text, unless it is empty: protobuf's default is not sent. */
export function writeText(writer: BinaryWriter, number: number, text: string | undefined): void {
  if (text !== undefined && text !== "") writer.tag(number, WireType.LengthDelimited).string(text);
}

/**
 * Reads where the message, the text or the bytes that follow end.
 *
 * @param end Where what contains them ends.
 */
export function endOf(reader: BinaryReader, end: number): number {
  const length = reader.uint32();
  if (reader.pos + length > end) throw new RangeError("a field is longer than the message that contains it");
  return reader.pos + length;
}

/**
 * Reads the fields of a message up to its end, without a view of its bytes: `field` reads the value, or returns `false`
 * to skip it. A tag is `number << 3 | wireType`.
 */
export function readTo(
  reader: BinaryReader,
  end: number,
  field: (tag: number) => void | false,
): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (field(tag) === false) skip(reader, tag);
  }
  checkEnd(reader, end);
}

/** Skips a field of another version of the protocol. */
export function skip(reader: BinaryReader, tag: number): void {
  const number = tag >>> 3;
  if (number === 0) throw new Error("a field has the number 0");
  reader.skip(tag & 7, number);
}

/** Throws when the last field of a message went past its end. */
export function checkEnd(reader: BinaryReader, end: number): void {
  if (reader.pos !== end) throw new RangeError("a field is longer than the message that contains it");
}

/** The writer of the last message: its buffer has grown to the size of such messages. */
let spare: BinaryWriter | undefined;
/** A larger buffer is not kept. */
const MAX_SPARE = 1 << 20;

/** Writes a message into a buffer that is used again. The bytes returned own theirs. */
export function written(write: (writer: BinaryWriter) => void): Uint8Array<ArrayBuffer> {
  const writer = spare ?? new BinaryWriter();
  spare = undefined;
  write(writer);
  const bytes = writer.finish();
  if (bytes.length <= MAX_SPARE) spare = writer;
  return bytes;
}

/** The number of bytes of an unsigned integer. */
export function sizeOf(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}
