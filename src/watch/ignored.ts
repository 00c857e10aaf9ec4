import ignore from "ignore";
import { isAbsolute, relative, sep } from "../runtime/paths.ts";

/** What patterns in the syntax of gitignore leave out. */
export class Ignored {
  readonly #rules: ignore.Ignore;

  /**
   * @param folder What the patterns are relative to. One without a slash, such as `*.gen.ts`, matches outside of it too.
   * @param patterns The patterns; of several that match, the last one counts.
   */
  constructor(private readonly folder: string, private readonly patterns: readonly string[]) {
    // Names that differ in case are two files, as for git on Linux. Paths outside begin with "..".
    this.#rules = ignore({ ignoreCase: false, allowRelativePaths: true })
      .add(patterns.map((pattern) => fromFolder(pattern, folder)));
  }

  /**
   * Whether a path is left out, or a folder above it.
   *
   * @param path The path, absolute.
   * @param isFolder Whether it is a folder: a pattern that ends in a slash matches nothing else.
   */
  has(path: string, isFolder = false): boolean {
    if (this.patterns.length === 0) return false;
    const from = relative(this.folder, path);
    // The folder itself; and on Windows, another drive.
    if (from === "" || isAbsolute(from)) return false;
    return this.#rules.ignores(from.split(sep).join("/") + (isFolder ? "/" : ""));
  }
}

/** The syntax knows no absolute paths: what begins like that of the folder is one nevertheless. */
function fromFolder(pattern: string, folder: string): string {
  const [, not = "", path = ""] = /^(!?)(.*)$/s.exec(pattern) ?? [];
  const below = path.startsWith(folder + sep);
  return below ? `${not}${path.slice(folder.length).split(sep).join("/")}` : pattern;
}
