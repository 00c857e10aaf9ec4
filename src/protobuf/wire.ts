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
