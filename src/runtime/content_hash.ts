/**
 * A hash that distinguishes the saves of a file: its length and two hashes of its 32-bit words. For files of a few kB it
 * takes no longer than `node:crypto`, whose import takes Deno 10 ms and more, in each worker and at the start of a Flow.
 */
export function contentHash(bytes: Uint8Array): string {
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const words = new Uint32Array(buffer, byteOffset, length >> 2);
  let rest = 0;
  for (let at = length & ~3; at < length; at++) rest = rest << 8 | bytes[at];
  let a = 0x811c9dc5, b = 0x01000193;
  for (let at = 0; at <= words.length; at++) {
    const word = at < words.length ? words[at] : rest;
    a = Math.imul(a ^ word, 0xcc9e2d51);
    a = a << 15 | a >>> 17;
    b = Math.imul(b ^ word, 0x85ebca6b);
    b = b << 13 | b >>> 19;
  }
  return `${length}:${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}
