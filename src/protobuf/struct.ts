/** `google.protobuf.Struct`: JSON objects as protobuf. @module */
import { INFINITE, setOwn } from "../document/json_value.ts";
import { BinaryReader, type BinaryWriter, endOf, readTo, written } from "./wire.ts";

/**
 * Reads the bytes of a `Struct`.
 *
 * @throws {Error} When they are not valid, or contain a number that is not finite: Jina refuses these, too.
 */
export function readStruct(bytes: Uint8Array): Record<string, unknown> {
  return readFieldsTo(new BinaryReader(bytes), bytes.length);
}

/** Reads a `Struct` up to its end. */
export function readFieldsTo(reader: BinaryReader, end: number): Record<string, unknown> {
  const fields = {};
  readTo(reader, end, (tag) => tag === 10 ? readEntry(reader, endOf(reader, end), fields) : false);
  return fields;
}

/** Writes a JSON object as a `Struct`. A value that JSON would not hold has to be refused before. */
export function writeStruct(value: object): Uint8Array<ArrayBuffer> {
  return written((writer) => writeFields(writer, value));
}

/** Writes the content of a `Struct`. */
export function writeFields(writer: BinaryWriter, value: object): void {
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined) continue;
    writer.uint32(10).fork();
    writeEntryFields(writer, key, item);
    writer.join();
  }
}

/** One entry of a `Struct`, to be appended to the bytes of others. */
export function writeEntry(key: string, value: unknown): Uint8Array<ArrayBuffer> {
  return written((writer) => writeEntryFields(writer, key, value));
}

function writeEntryFields(writer: BinaryWriter, key: string, value: unknown): void {
  writer.uint32(10).string(key).uint32(18).fork();
  writeValueFields(writer, value);
  writer.join();
}

/** Writes a JSON value as a `google.protobuf.Value`. */
function writeValueFields(writer: BinaryWriter, value: unknown): void {
  if (value === null || value === undefined) writer.uint32(8).uint32(0);
  else if (typeof value === "number") writer.uint32(17).double(value);
  else if (typeof value === "string") writer.uint32(26).string(value);
  else if (typeof value === "boolean") writer.uint32(32).bool(value);
  else if (Array.isArray(value)) {
    writer.uint32(50).fork();
    for (const item of value) {
      writer.uint32(10).fork();
      writeValueFields(writer, item);
      writer.join();
    }
    writer.join();
  } else if (typeof (value as Date).toJSON === "function") writeValueFields(writer, (value as Date).toJSON());
  else {
    writer.uint32(42).fork();
    writeFields(writer, value);
    writer.join();
  }
}

/** Reads a `google.protobuf.Value`. */
function readValueTo(reader: BinaryReader, end: number): unknown {
  let value: unknown = null;
  readTo(reader, end, (tag) => {
    switch (tag) {
      case 8:
        return void (reader.int32(), value = null);
      case 17:
        value = reader.double();
        if (!Number.isFinite(value)) throw new RangeError(INFINITE.msg);
        return;
      case 26:
        return void (value = reader.string());
      case 32:
        return void (value = reader.bool());
      case 42:
        return void (value = readFieldsTo(reader, endOf(reader, end)));
      case 50:
        return void (value = readList(reader, endOf(reader, end)));
      default:
        return false;
    }
  });
  return value;
}

function readList(reader: BinaryReader, end: number): unknown[] {
  const list: unknown[] = [];
  readTo(
    reader,
    end,
    (tag) => tag === 10 ? void list.push(readValueTo(reader, endOf(reader, end))) : false,
  );
  return list;
}

function readEntry(reader: BinaryReader, end: number, fields: Record<string, unknown>): void {
  let key = "";
  let value: unknown = null;
  readTo(reader, end, (tag) => {
    if (tag === 10) key = reader.string();
    else if (tag === 18) value = readValueTo(reader, endOf(reader, end));
    else return false;
  });
  setOwn(fields, key, value);
}
