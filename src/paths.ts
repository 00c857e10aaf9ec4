import { fileURLToPath, pathToFileURL } from "node:url";

export { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** The path of a `file:` URL, without its query; other URLs are returned unchanged. */
export function toPath(url: string | URL): string {
  const parsed = new URL(url);
  if (parsed.protocol !== "file:") return String(url);
  parsed.search = "";
  parsed.hash = "";
  return fileURLToPath(parsed);
}

/** Whether a text is a URL; a single letter before a colon is a Windows drive. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z+.-]+:/i.test(text);
}

/** The `file:` URL of an absolute path. */
export function toUrl(path: string): string {
  return pathToFileURL(path).href;
}
