const DIGITS = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
/** The digits of the id that is being created: one text of all of them is made faster than by joining parts. */
const digits = new Array<number>(32).fill(0);
/** Random bytes for many ids: one call of `getRandomValues` costs as much as a hundred ids. */
const pool = new Uint8Array(16 * 256);
let used = pool.length;

/** Creates an id in Jina's form: 32 hexadecimal characters. */
export function newId(): string {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  for (let index = 0; index < 32; used++) {
    digits[index++] = DIGITS[pool[used] >> 4];
    digits[index++] = DIGITS[pool[used] & 15];
  }
  return String.fromCharCode(...digits);
}
