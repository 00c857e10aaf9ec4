/** Decompresses request bodies with `node:zlib`, which all runtimes have, and which can limit the size. @module */

/** The supported content codings. */
export type Coding = "gzip" | "deflate";

/** The largest limit that zlib accepts. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Decompresses bytes; resolves to `undefined` soon after the result exceeds `maxSize`. Some clients send `deflate` without
 * the zlib header that belongs to it.
 *
 * @throws {Error} When the bytes are invalid or incomplete.
 */
export async function inflate(
  bytes: Uint8Array,
  coding: Coding,
  maxSize: number,
): Promise<Uint8Array | undefined> {
  // Imported on first use: most processes never need it.
  const { gunzip, inflate, inflateRaw } = await import("node:zlib");
  const decompress = coding === "gzip" ? gunzip : hasZlibHeader(bytes) ? inflate : inflateRaw;
  const options = { maxOutputLength: Math.min(Math.max(maxSize, 1), MAX_BYTES) };
  return await new Promise((resolve, reject) =>
    decompress(bytes, options, (error, inflated) => {
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

/** Compresses bytes. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const { gzip } = await import("node:zlib");
  return await new Promise((resolve, reject) =>
    gzip(bytes, (error, compressed) => error === null ? resolve(compressed) : reject(error))
  );
}
