import type { Codec } from "./codec.ts";
import { jsonCodec } from "./json_codec.ts";

/** All codecs by name: a new one needs an entry here, and a front that names it in its requests. */
export const codecs: Map<string, Codec> = new Map([["json", jsonCodec]]);

/** Codecs that are loaded when they are first used, since they load a library. */
const loaders: ReadonlyMap<string, () => Promise<Codec>> = new Map([
  ["protobuf-1", async () => (await import("./protobuf_codec.ts")).protobufCodec1 as Codec],
  ["protobuf-2", async () => (await import("./protobuf_codec.ts")).protobufCodec2 as Codec],
]);

/**
 * The codec of a call, which leaves out `json`: each key of a message costs time. A promise when it is still to be
 * loaded. Throws when there is no such codec.
 */
export function codecOf(name = "json"): Codec | Promise<Codec> {
  const codec = codecs.get(name);
  if (codec !== undefined) return codec;
  const load = loaders.get(name);
  if (load === undefined) {
    const names = [...codecs.keys(), ...loaders.keys()];
    throw new TypeError(
      `Cannot decode the request: unknown codec "${name}", expected ${names.join(" or ")}`,
    );
  }
  return load().then((codec) => {
    codecs.set(name, codec);
    return codec;
  });
}
