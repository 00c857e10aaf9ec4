/** Documents of the second generation, made by hand. @module */
import { type BinaryWriter, written } from "../../src/protobuf/wire.ts";

/** A node of each content. */
export const node = {
  text: (text: string, type?: string) => typed((writer) => writer.uint32(10).string(text), type),
  integer: (value: number) => written((writer) => writer.uint32(16).int32(value)),
  float: (value: number) => written((writer) => writer.uint32(25).double(value)),
  items: (number: number, ...items: Uint8Array[]) =>
    written((writer) => {
      writer.uint32(number << 3 | 2).fork();
      for (const item of items) writer.uint32(10).bytes(item);
      writer.join();
    }),
  dict: (values: Record<string, Uint8Array>) => written((writer) => writer.uint32(98).bytes(docOf(values))),
  none: new Uint8Array(),
};

function typed(write: (writer: BinaryWriter) => void, type?: string): Uint8Array {
  return written((writer) => {
    write(writer);
    if (type !== undefined) writer.uint32(106).string(type);
  });
}

/** A document of these fields. */
export function docOf(values: Record<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  return written((writer) => {
    for (const [name, value] of Object.entries(values)) {
      writer.uint32(10).fork().uint32(10).string(name).uint32(18).bytes(value).join();
    }
  });
}
