import ignore from "ignore";
import { isAbsolute, join, relative, sep, toPath } from "../paths.ts";

/** Paths that match patterns in the syntax of gitignore. */
export class PathPatterns {
  readonly #rules: ignore.Ignore;

  /**
   * @param folder What the patterns are relative to. One without a slash, such as `*.gen.ts`, matches outside of it too.
   * @param patterns The patterns; of several that match, the last one counts.
   */
  constructor(private readonly folder: string, private readonly patterns: readonly string[]) {
    this.#rules = rulesOf(patterns.map((pattern) => fromFolder(pattern, folder)));
  }

  /**
   * Whether a path matches, or a folder above it.
   *
   * @param path The path, absolute.
   * @param isFolder Whether it is a folder: a pattern that ends in a slash matches nothing else.
   */
  has(path: string, isFolder = false): boolean {
    if (this.patterns.length === 0) return false;
    const from = relativeTo(this.folder, path);
    return from !== undefined && this.#rules.ignores(from + (isFolder ? "/" : ""));
  }
}

/** The rules of patterns that are relative to the folder already. */
export function rulesOf(patterns: readonly string[]): ignore.Ignore {
  // Names that differ in case are two files, as for git on Linux. Paths outside begin with "..".
  return ignore({ ignoreCase: false, allowRelativePaths: true }).add([...patterns]);
}

/** The way from a folder to a path, with slashes; `undefined` for the folder itself and on another drive. */
export function relativeTo(folder: string, path: string): string | undefined {
  const from = relative(folder, path);
  return from === "" || isAbsolute(from) ? undefined : from.split(sep).join("/");
}

/**
 * A pattern as the syntax of gitignore knows it, relative to the folder. What begins like the path of that folder is an
 * absolute path, and so is a `file:` URL.
 */
export function fromFolder(pattern: string, folder: string): string {
  const [, not = "", given = ""] = /^(!?)(.*)$/s.exec(pattern) ?? [];
  const path = given.startsWith("file:") ? withSlash(toPath(given), given) : given;
  if (path.startsWith(folder + sep)) return `${not}${path.slice(folder.length).split(sep).join("/")}`;
  const isWhole = path !== given;
  const way = path.startsWith("../")
    ? relativeTo(folder, join(folder, path))
    : isWhole
    ? relativeTo(folder, path)
    : undefined;
  if (way === undefined) return pattern;
  return `${not}${way.startsWith("../") ? "" : "/"}${withSlash(way, path)}`;
}

function withSlash(path: string, model: string): string {
  return model.endsWith("/") && !path.endsWith("/") ? `${path}/` : path;
}
