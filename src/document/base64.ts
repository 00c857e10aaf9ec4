/** Encodes bytes as base64 text. */
export function toBase64(bytes: Uint8Array): string {
  return native(bytes).toBase64?.() ?? btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Decodes base64 text; returns `undefined` when it is invalid. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const decode = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array }).fromBase64;
    return decode?.call(Uint8Array, text) ?? Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Engines since 2025 have base64 methods on `Uint8Array`; some versions of TypeScript's library do not declare them. */
function native(bytes: Uint8Array): { toBase64?: () => string } {
  return bytes as { toBase64?: () => string };
}
