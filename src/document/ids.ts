/** The hexadecimal digits of each byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
/** Random bytes for many ids: one call of `getRandomValues` costs as much as a hundred ids. */
const pool = new Uint8Array(16 * 256);
let used = pool.length;

/** Creates an id in Jina's form: 32 hexadecimal characters. */
export function newId(): string {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  let id = "";
  for (const end = used + 16; used < end; used++) id += HEX[pool[used]];
  return id;
}
