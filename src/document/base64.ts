/** Bytes as base64 text. */
export function toBase64(bytes: Uint8Array): string {
  return native(bytes).toBase64?.() ?? btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** The bytes of base64 text; `undefined` when it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const decode = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array }).fromBase64;
    return decode?.call(Uint8Array, text) ?? Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** `Uint8Array` has base64 methods in engines of 2025 and later; TypeScript's library does not know them everywhere. */
function native(bytes: Uint8Array): { toBase64?: () => string } {
  return bytes as { toBase64?: () => string };
}
