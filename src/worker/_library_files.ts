/** The library's own files, which are never the place of a user's mistake. @module */
import { type ErrorInfo, toErrorInfo } from "../errors/mod.ts";
import { toPath } from "../paths.ts";

const OWN = ["../../mod.ts", "../"].map((path) => toPath(new URL(path, import.meta.url)));

/** Whether a path is a file of the library. */
export function isLibraryFile(path: string): boolean {
  return OWN.some((own) => path.startsWith(own));
}

/** An error as plain data, with its first place outside the library. */
export function describeError(error: unknown): ErrorInfo {
  return toErrorInfo(error, OWN);
}
