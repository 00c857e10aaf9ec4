/** Undoes a body's coding. Node's zlib is in all runtimes, and can be told when to stop. @module */

/** The codings that can be undone. */
export type Coding = "gzip" | "deflate";

/** What zlib takes for a limit. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Inflates bytes.
 *
 * @param bytes The bytes.
 * @param coding How they were deflated. Some clients send `deflate` without the zlib header that belongs to it.
 * @param maxSize How many bytes there may be afterwards; not much more than that is ever kept.
 * @returns The bytes as they were; `undefined` when there are more.
 * @throws {Error} When the bytes are broken, or end too early.
 */
export async function inflate(
  bytes: Uint8Array,
  coding: Coding,
  maxSize: number,
): Promise<Uint8Array | undefined> {
  // Most processes never need it.
  const { gunzip, inflate, inflateRaw } = await import("node:zlib");
  const undo = coding === "gzip" ? gunzip : hasZlibHeader(bytes) ? inflate : inflateRaw;
  const options = { maxOutputLength: Math.min(Math.max(maxSize, 1), MAX_BYTES) };
  return await new Promise((resolve, reject) =>
    undo(bytes, options, (error, inflated) => {
      if (error === null) resolve(inflated);
      else if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") resolve(undefined);
      else reject(error);
    })
  );
}

/** RFC 1950: the method is 8, and the first two bytes are a multiple of 31. */
function hasZlibHeader([first, second]: Uint8Array): boolean {
  return (first & 15) === 8 && (first << 8 | second) % 31 === 0;
}
