/** The results of handlers among the parameters of an answer, as Jina's clients expect them. @module */
import { BinaryReader, BinaryWriter, readFields, WireType, writeMessage } from "./wire.ts";

const KEY = "__results__";

/**
 * Adds the objects that handlers returned to the parameters, under `__results__`, beside those that are there.
 *
 * @param parameters A `Struct`.
 * @param results Each a replica's name and a `Struct`.
 * @returns A `Struct`.
 */
export function withResults(
  parameters: Uint8Array,
  results: readonly (readonly [replica: string, result: Uint8Array])[],
): Uint8Array {
  if (results.length === 0) return parameters;
  const writer = new BinaryWriter();
  const list = new BinaryWriter();
  readFields(parameters, (_, reader) => {
    const entry = reader.bytes();
    const before = resultsIn(entry);
    if (before === undefined) writeMessage(writer, 1, entry);
    else list.raw(before);
  });
  // The last of several entries with the same key counts.
  for (const [replica, result] of results) writeMessage(list, 1, structEntry(replica, result));
  writeMessage(writer, 1, structEntry(KEY, list.finish()));
  return writer.finish();
}

/** An entry of a `Struct` whose value is a `Struct`. */
function structEntry(key: string, struct: Uint8Array): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).string(key);
  writer.tag(2, WireType.LengthDelimited).fork();
  writeMessage(writer, 5, struct);
  return writer.join().finish();
}

/** The `Struct` of an entry that has results already; `undefined` for any other entry. */
function resultsIn(entry: Uint8Array): Uint8Array | undefined {
  let isResults = false;
  let struct: Uint8Array | undefined;
  readFields(entry, (number, reader) => {
    if (number === 1) isResults = reader.string() === KEY;
    else if (number === 2) struct = structIn(reader.bytes());
    else return false;
  });
  return isResults ? struct ?? new Uint8Array() : undefined;
}

function structIn(value: Uint8Array): Uint8Array | undefined {
  const reader = new BinaryReader(value);
  const [number] = reader.len === 0 ? [0] : reader.tag();
  return number === 5 ? reader.bytes() : undefined;
}
