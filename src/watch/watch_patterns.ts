import { dirname, resolve } from "../paths.ts";
import { fromFolder, relativeTo, rulesOf } from "./path_patterns.ts";
import { isTemporary } from "./tree.ts";

interface Pattern {
  /** Whether it excludes files that earlier patterns match. */
  readonly isNegated: boolean;
  readonly rules: ReturnType<typeof rulesOf>;
  /** Whether it is relative to the folder; a pattern without a slash matches at any depth. */
  readonly isAnchored: boolean;
  readonly segments: readonly string[];
}

/**
 * Files that match patterns in the syntax of gitignore, to be watched. Unlike there, `*` matches no hidden files or
 * folders and no `node_modules`: those match only patterns that spell them out, as `.env` does. And `!` also excludes
 * files and folders of a folder that an earlier pattern matches as a whole.
 */
export class WatchPatterns {
  readonly #patterns: readonly Pattern[];
  readonly #hidden: ReturnType<typeof rulesOf>;
  /** The folders outside of the Executor's folder that may contain files that match, at any depth. */
  readonly outside: readonly string[];

  /** @param patterns The patterns. If several match, the last one counts. */
  constructor(private readonly folder: string, patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => parsePattern(fromFolder(pattern, folder)));
    this.#hidden = rulesOf(this.#positive.flatMap(({ segments }) => segments.filter(isHiddenSegment)));
    this.outside = [...new Set(this.#positive.flatMap((pattern) => this.#base(pattern)))];
  }

  get #positive(): Pattern[] {
    return this.#patterns.filter(({ isNegated }) => !isNegated);
  }

  has(path: string): boolean {
    const relativePath = this.#relative(path);
    if (relativePath === undefined || isTemporary(path)) return false;
    // Files outside of the folder only match patterns that begin with "..".
    const isOutside = relativePath.startsWith("../");
    if (isOutside && !this.mayContain(dirname(path))) return false;
    const applies = ({ isNegated, segments }: Pattern) => !isOutside || isNegated || segments[0] === "..";
    const last = this.#patterns.findLast((pattern) =>
      applies(pattern) && pattern.rules.ignores(relativePath)
    );
    return last?.isNegated === false;
  }

  /** Whether a folder may contain files that match, at any depth. */
  mayContain(folder: string): boolean {
    const relativePath = this.#relative(folder);
    if (relativePath === undefined) return false;
    const parts = relativePath.split("/");
    return this.#positive.some(({ isAnchored, segments }) =>
      isAnchored ? mayMatchBelow(segments, parts) : parts[0] !== ".."
    );
  }

  /** The relative path; `undefined` when it has a hidden segment that no pattern spells out. */
  #relative(path: string): string | undefined {
    if (this.#patterns.length === 0) return undefined;
    const relativePath = relativeTo(this.folder, path);
    const isNamed = relativePath?.split("/").filter(isHiddenSegment).every((part) =>
      this.#hidden.ignores(part)
    );
    return isNamed ? relativePath : undefined;
  }

  /** The folder outside of which no file matches a pattern that begins with ".."; it need not exist. */
  #base({ segments }: Pattern): string[] {
    if (segments[0] !== "..") return [];
    const folders = segments.slice(0, -1);
    const end = folders.findIndex((segment) => /[*?[\\]/.test(segment));
    return [resolve(this.folder, ...(end === -1 ? folders : folders.slice(0, end)))];
  }
}

function parsePattern(text: string): Pattern {
  const isNegated = text.startsWith("!");
  const pattern = isNegated ? text.slice(1) : text;
  const path = pattern.replace(/\/$/, "");
  const segments = path.replace(/^\//, "").split("/");
  return { isNegated, rules: rulesOf([pattern]), isAnchored: path.includes("/"), segments };
}

/** Whether a pattern may match a folder or something below it. */
function mayMatchBelow(segments: readonly string[], parts: readonly string[]): boolean {
  for (const [at, part] of parts.entries()) {
    if (at >= segments.length || segments[at] === "**") return true;
    if (segments[at] === part) continue;
    if (part === ".." || segments[at] === ".." || !rulesOf([segments[at]]).ignores(part)) return false;
  }
  return true;
}

function isHiddenSegment(segment: string): boolean {
  return segment === "node_modules" || (segment.startsWith(".") && segment !== "..");
}
