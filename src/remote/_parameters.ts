import { readStruct, writeStruct } from "../protobuf/struct.ts";
import { readFields } from "../protobuf/wire.ts";
import { isAddressed, parametersFor } from "../protocol/parameters.ts";

/**
 * The parameters for one Executor, as its own worker would resolve them: the other side has another name for it.
 *
 * @param parameters A `Struct`.
 * @returns The same bytes when none of them is for this Executor only.
 */
export function ownParameters(executor: string, parameters: Uint8Array): Uint8Array {
  if (!keysOf(parameters).some((key) => isAddressed(executor, key))) return parameters;
  try {
    return writeStruct(parametersFor(executor, readStruct(parameters)));
  } catch {
    // The other side refuses what is not a valid `Struct`.
    return parameters;
  }
}

function keysOf(struct: Uint8Array): string[] {
  const keys: string[] = [];
  readFields(struct, (number, entries) => {
    if (number !== 1) return false;
    readFields(entries.bytes(), (field, reader) => field === 1 ? void keys.push(reader.string()) : false);
  });
  return keys;
}
