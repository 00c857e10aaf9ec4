import ignore from "ignore";
import { isAbsolute, join, relative, sep, toPath } from "../paths.ts";

/**
 * Returns a function that tests whether a path, or a folder above it, matches patterns in the syntax of gitignore. A
 * pattern that ends with a slash matches only folders.
 *
 * @param folder The folder that patterns are relative to. One without a slash, such as `*.gen.ts`, also matches outside.
 * @param patterns The patterns. If several match, the last one counts.
 */
export function pathMatcher(
  folder: string,
  patterns: readonly string[],
): (path: string, isFolder?: boolean) => boolean {
  if (patterns.length === 0) return () => false;
  const rules = rulesOf(patterns.map((pattern) => fromFolder(pattern, folder)));
  return (path, isFolder = false) => {
    const from = relativeTo(folder, path);
    return from !== undefined && rules.ignores(from + (isFolder ? "/" : ""));
  };
}

/** Compiles patterns that {@linkcode fromFolder} returned. */
export function rulesOf(patterns: readonly string[]): ignore.Ignore {
  // Names that differ in case are different files, as for git on Linux. Paths outside of the folder begin with "..".
  return ignore({ ignoreCase: false, allowRelativePaths: true }).add([...patterns]);
}

/** The relative path from a folder, with slashes; `undefined` for the folder itself and on another drive. */
export function relativeTo(folder: string, path: string): string | undefined {
  const from = relative(folder, path);
  return from === "" || isAbsolute(from) ? undefined : from.split(sep).join("/");
}

/**
 * Translates a pattern to the syntax of gitignore, relative to a folder. A pattern that begins with the path of that
 * folder is an absolute path, and so is a `file:` URL.
 */
export function fromFolder(pattern: string, folder: string): string {
  const [, not = "", given = ""] = /^(!?)(.*)$/s.exec(pattern) ?? [];
  const path = given.startsWith("file:") ? withSlash(toPath(given), given) : given;
  if (path.startsWith(folder + sep)) return `${not}${path.slice(folder.length).split(sep).join("/")}`;
  const isUrl = path !== given;
  const relativePath = path.startsWith("../")
    ? relativeTo(folder, join(folder, path))
    : isUrl
    ? relativeTo(folder, path)
    : undefined;
  if (relativePath === undefined) return pattern;
  return `${not}${relativePath.startsWith("../") ? "" : "/"}${withSlash(relativePath, path)}`;
}

function withSlash(path: string, model: string): string {
  return model.endsWith("/") && !path.endsWith("/") ? `${path}/` : path;
}
