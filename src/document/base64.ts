/** Engines since 2025 have these methods; some versions of TypeScript's library do not declare them. */
type Base64Bytes = Uint8Array & { toBase64?(): string };
type Base64Class = typeof Uint8Array & { fromBase64?(text: string): Uint8Array };

/** Encodes bytes as base64 text. */
export function toBase64(bytes: Uint8Array): string {
  return (bytes as Base64Bytes).toBase64?.() ??
    btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Decodes base64 text; returns `undefined` when it is invalid. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return (Uint8Array as Base64Class).fromBase64?.(text) ??
      Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
