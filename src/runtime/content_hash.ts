/** FNV-1a in two halves, after the length: told apart are saves of one file, not attackers. */
export function contentHash(bytes: Uint8Array): string {
  let low = 0x811c9dc5, high = 0x01000193;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b);
  }
  return `${bytes.length}:${(low >>> 0).toString(36)}${(high >>> 0).toString(36)}`;
}
