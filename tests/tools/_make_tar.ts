/** Path, content and, unless it is a file, the type flag. */
type TarEntry = readonly [path: string, content: string, type?: string];

/** A tar archive made in memory. */
export function makeTar(
  entries: Readonly<Record<string, string>> | readonly TarEntry[],
  options: { readonly prefix?: string } = {},
): Uint8Array<ArrayBuffer> {
  const list: readonly TarEntry[] = Array.isArray(entries) ? entries : Object.entries(entries);
  const blocks = list.flatMap(([path, content, type]) => {
    const bytes = new TextEncoder().encode(content);
    const padded = new Uint8Array(Math.ceil(bytes.length / 512) * 512);
    padded.set(bytes);
    return [header(path, bytes.length, type ?? "0", options.prefix ?? ""), padded];
  });
  const tar = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0) + 1024);
  blocks.reduce((at, block) => (tar.set(block, at), at + block.length), 0);
  return tar;
}

/** Compresses in memory. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function header(path: string, size: number, type: string, prefix: string): Uint8Array {
  const block = new Uint8Array(512);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  put(0, path);
  put(124, size.toString(8).padStart(11, "0"));
  put(148, " ".repeat(8));
  put(156, type);
  put(257, "ustar\x0000");
  put(345, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, sum.toString(8).padStart(6, "0") + "\0 ");
  return block;
}
