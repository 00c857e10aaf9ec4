/** Documents, a request or a part of one as a codec encoded it: only codecs and fronts read it. */
export type Encoded = string | Uint8Array;

/** Whether two pieces of one codec are equal. */
export function isSameEncoded(a: Encoded, b: Encoded): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
