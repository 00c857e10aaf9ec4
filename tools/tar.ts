/** One regular file of a tar archive. */
export interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const BLOCK = 512;

/**
 * The regular files of an uncompressed tar archive. Knows what npm's tarballs use: ustar names with their
 * prefix, and pax records for longer ones; folders and links are passed over.
 */
export function* readTar(tar: Uint8Array): Generator<TarFile> {
  let longPath: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return; // the end is marked by empty blocks
    checkSum(header, at);
    const size = octal(header, 124, 12);
    const start = at + BLOCK;
    if (start + size > tar.length) {
      throw new RangeError(`Cannot read the tar archive: it ends inside the file at byte ${at}`);
    }
    const bytes = tar.slice(start, start + size);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x") {
      longPath = paxPath(bytes) ?? longPath;
    } else if (type !== "g") { // a global pax header is not about a file
      const path = longPath ?? ustarPath(header);
      longPath = undefined;
      if (type === "0" || type === "\0") yield { path, bytes };
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** Undoes gzip in memory. */
export async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

function ustarPath(header: Uint8Array): string {
  const name = text(header, 0, 100);
  const prefix = text(header, 257, 5) === "ustar" ? text(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** A pax record is `<its own length in bytes> <key>=<value>\n`. */
function paxPath(bytes: Uint8Array): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < bytes.length;) {
    const length = Number.parseInt(text(bytes, at, 20), 10);
    if (!(length > 0)) throw new RangeError("Cannot read the tar archive: a pax header is damaged");
    const record = text(bytes, at, length - 1);
    const pair = record.slice(record.indexOf(" ") + 1);
    if (pair.startsWith("path=")) path = pair.slice("path=".length);
    at += length;
  }
  return path;
}

/** The sum of the header's bytes, with its own field counted as spaces. */
function checkSum(header: Uint8Array, at: number): void {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (sum !== octal(header, 148, 8)) {
    throw new RangeError(`Cannot read the tar archive: the header at byte ${at} is damaged`);
  }
}

function octal(bytes: Uint8Array, at: number, length: number): number {
  return Number.parseInt(text(bytes, at, length).trim() || "0", 8);
}

function text(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
