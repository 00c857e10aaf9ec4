import { fileURLToPath, pathToFileURL } from "node:url";

export { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** Matches paths that are the same in a URL, as most are: parsing a URL takes much longer. */
const SAME_IN_URL = /^(?:\/\.?[\w@+-][\w@+.-]*)+$/;

/** The path of a `file:` URL, without its query; other URLs are returned unchanged. */
export function toPath(url: string | URL): string {
  const [text = ""] = String(url).split(/[?#]/, 1);
  const path = text.replace(/^file:\/\//, "");
  if (path !== text && SAME_IN_URL.test(path)) return path;
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
  return SAME_IN_URL.test(path) ? `file://${path}` : pathToFileURL(path).href;
}

/** Whether a path is that of a source module, by its name. */
export function isSourceModule(path: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(path);
}
