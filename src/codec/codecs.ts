import type { Codec } from "./codec.ts";
import { jsonCodec } from "./json_codec.ts";

/** All codecs by name: a new one needs an entry here, and a front that names it in its requests. */
export const codecs: Map<string, Codec> = new Map([["json", jsonCodec]]);

/** The codec of a call, which leaves out `json`: each key of a message costs time. Throws when there is no such codec. */
export function codecOf(name = "json"): Codec {
  const codec = codecs.get(name);
  if (codec !== undefined) return codec;
  throw new TypeError(
    `Cannot decode the request: unknown codec "${name}", expected ${[...codecs.keys()].join(" or ")}`,
  );
}
