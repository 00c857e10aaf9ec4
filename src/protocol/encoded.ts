/** Documents, a request or a part of one as a codec encoded it: only codecs and fronts read it. */
export type Encoded = string | Uint8Array;

/** Whether two pieces of one codec are equal. */
export function isSameEncoded(a: Encoded, b: Encoded): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
