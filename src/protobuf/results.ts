/** The results of handlers among the parameters of an answer, as Jina's clients expect them. @module */
import { BinaryReader, BinaryWriter, readFields, WireType, writeMessage } from "./wire.ts";

const KEY = "__results__";

/** What a handler returned: a replica's name and a `Struct`. */
type Result = readonly [replica: string, result: Uint8Array];

/**
 * Adds the objects that handlers returned to the parameters, under `__results__`, beside those that are there.
 *
 * @param parameters A `Struct`.
 * @returns A `Struct`.
 */
export function withResults(parameters: Uint8Array, results: readonly Result[]): Uint8Array {
  return results.length === 0 ? parameters : mergeParameters([parameters], results);
}

/** Merges the parameters of several branches, with all their results. The first one's values count. */
export function mergeParameters(
  branches: readonly Uint8Array[],
  results: readonly Result[] = [],
): Uint8Array {
  const writer = new BinaryWriter();
  const merged = new BinaryWriter();
  let hasResults = results.length > 0;
  // Of several entries with the same key, the last one counts.
  for (const parameters of branches.toReversed()) {
    readFields(parameters, (number, reader) => {
      if (number !== 1) return false;
      const entry = reader.bytes();
      const before = resultsIn(entry);
      if (before === undefined) return writeMessage(writer, 1, entry);
      merged.raw(before);
      hasResults = true;
    });
  }
  for (const [replica, result] of results) writeMessage(merged, 1, structEntry(replica, result));
  if (hasResults) writeMessage(writer, 1, structEntry(KEY, merged.finish()));
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

/** The results of handlers among the parameters of an answer. */
export function takeResults(parameters: Uint8Array): Result[] {
  const results: Result[] = [];
  readFields(parameters, (number, reader) => {
    if (number !== 1) return false;
    const struct = resultsIn(reader.bytes());
    if (struct === undefined) return;
    readFields(struct, (field, entries) => {
      if (field !== 1) return false;
      const result = resultIn(entries.bytes());
      if (result !== undefined) results.push(result);
    });
  });
  return results;
}

/** The entry of a `Struct` whose value is a `Struct`, which every result is. */
function resultIn(entry: Uint8Array): Result | undefined {
  let [replica, result]: [string, Uint8Array | undefined] = ["", undefined];
  readFields(entry, (number, reader) => {
    if (number === 1) replica = reader.string();
    else if (number === 2) result = structIn(reader.bytes());
    else return false;
  });
  return result === undefined ? undefined : [replica, result];
}
