/** `google.protobuf.Struct`: JSON objects as protobuf. @module */
import { BinaryReader, BinaryWriter, readFields, WireType, writeMessage } from "./wire.ts";

/** A JSON value, as far as `Struct` holds it. */
export type JsonValue = null | number | string | boolean | JsonValue[] | { [key: string]: JsonValue };

/** Reads the bytes of a `Struct`. */
export function readStruct(bytes: Uint8Array): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  readFields(bytes, (number, reader) => {
    if (number !== 1) return false;
    entries.push(readEntry(reader.bytes()));
  });
  // fromEntries defines properties: a key "__proto__" stays data.
  return Object.fromEntries(entries);
}

/** Writes a JSON object as a `Struct`. A value that JSON would not hold has to be refused before. */
export function writeStruct(value: object): Uint8Array {
  const writer = new BinaryWriter();
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) writeMessage(writer, 1, writeEntry(key, item));
  }
  return writer.finish();
}

/** One entry of a `Struct`, to be appended to the bytes of others. */
export function writeEntry(key: string, value: unknown): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).string(key);
  writeMessage(writer, 2, writeValue(value));
  return writer.finish();
}

/** Writes a JSON value as a `google.protobuf.Value`. */
export function writeValue(value: unknown): Uint8Array {
  const writer = new BinaryWriter();
  if (value === null || value === undefined) writer.tag(1, WireType.Varint).int32(0);
  else if (typeof value === "number") writer.tag(2, WireType.Bit64).double(value);
  else if (typeof value === "string") writer.tag(3, WireType.LengthDelimited).string(value);
  else if (typeof value === "boolean") writer.tag(4, WireType.Varint).bool(value);
  else if (Array.isArray(value)) {
    const list = new BinaryWriter();
    for (const item of value) writeMessage(list, 1, writeValue(item));
    writeMessage(writer, 6, list.finish());
  } else writeMessage(writer, 5, writeStruct(value as object));
  return writer.finish();
}

/** Reads a `google.protobuf.Value`. */
export function readValue(bytes: Uint8Array): unknown {
  let value: unknown = null;
  readFields(bytes, (number, reader) => {
    switch (number) {
      case 1:
        return void (reader.int32(), value = null);
      case 2:
        return void (value = reader.double());
      case 3:
        return void (value = reader.string());
      case 4:
        return void (value = reader.bool());
      case 5:
        return void (value = readStruct(reader.bytes()));
      case 6:
        return void (value = readList(reader.bytes()));
      default:
        return false;
    }
  });
  return value;
}

function readList(bytes: Uint8Array): unknown[] {
  const list: unknown[] = [];
  readFields(bytes, (number, reader) => number === 1 ? void list.push(readValue(reader.bytes())) : false);
  return list;
}

function readEntry(bytes: Uint8Array): [string, unknown] {
  let key = "";
  let value: unknown = null;
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1) key = reader.string();
    else if (number === 2) value = readValue(reader.bytes());
    else reader.skip(wireType, number);
  }
  return [key, value];
}
