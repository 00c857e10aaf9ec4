/** Reads and writes the messages of services by their generated descriptors. @module */
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, GrpcError } from "./service_adder.ts";

/** Reads a request. Throws a `GrpcError` when the bytes are not one. */
export function read<T extends DescMessage>(schema: T, bytes: Uint8Array): MessageShape<T> {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    const why = (error as Error).message;
    throw new GrpcError(Code.INVALID_ARGUMENT, `Cannot read the ${schema.name}: ${why}`);
  }
}

/** Writes an answer. */
export function write<T extends DescMessage>(schema: T, content: MessageInitShape<T>): Uint8Array {
  return toBinary(schema, create(schema, content));
}
