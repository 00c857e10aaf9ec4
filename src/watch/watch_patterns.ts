import { dirname, resolve } from "../paths.ts";
import { fromFolder, relativeTo, rulesOf } from "./path_patterns.ts";
import { isTemporary } from "./tree.ts";

/** A pattern of what to watch. */
interface Pattern {
  /** Whether it takes out again what those before it match. */
  readonly isNegated: boolean;
  readonly rules: ReturnType<typeof rulesOf>;
  /** Whether it says from where on it counts; one without a slash matches at any depth. */
  readonly isAnchored: boolean;
  readonly steps: readonly string[];
}

/**
 * Files that are watched because patterns in the syntax of gitignore name them. Unlike there, `*` matches no hidden
 * file or folder and no `node_modules`: those count only where a pattern spells them out, as `.env` does. And `!` takes
 * out files and folders of a folder that an earlier pattern matches as a whole.
 */
export class WatchPatterns {
  readonly #patterns: readonly Pattern[];
  readonly #hidden: ReturnType<typeof rulesOf>;
  /** The folders outside of the Executor's in which files may match, with what is in them. */
  readonly outside: readonly string[];

  /**
   * @param folder What the patterns are relative to.
   * @param given The patterns; of several that match, the last one counts.
   */
  constructor(private readonly folder: string, given: readonly string[]) {
    this.#patterns = given.map((pattern) => patternOf(fromFolder(pattern, folder)));
    this.#hidden = rulesOf(this.#positive.flatMap(({ steps }) => steps.filter(isHiddenStep)));
    this.outside = [...new Set(this.#positive.flatMap((pattern) => this.#base(pattern)))];
  }

  get #positive(): Pattern[] {
    return this.#patterns.filter(({ isNegated }) => !isNegated);
  }

  /** Whether a file matches, by its path. */
  has(path: string): boolean {
    const way = this.#way(path);
    if (way === undefined || isTemporary(path)) return false;
    // What is outside is matched by patterns that lead there.
    const isOutside = way.startsWith("../");
    if (isOutside && !this.mayContain(dirname(path))) return false;
    const counts = ({ isNegated, steps }: Pattern) => !isOutside || isNegated || steps[0] === "..";
    const last = this.#patterns.findLast((pattern) => counts(pattern) && pattern.rules.ignores(way));
    return last?.isNegated === false;
  }

  /** Whether a folder may have files that match, at any depth. */
  mayContain(folder: string): boolean {
    const way = this.#way(folder);
    if (way === undefined) return false;
    const parts = way.split("/");
    return this.#positive.some(({ isAnchored, steps }) =>
      isAnchored ? leadsTo(steps, parts) : parts[0] !== ".."
    );
  }

  /** The way to a path; `undefined` when there is something hidden on it that no pattern spells out. */
  #way(path: string): string | undefined {
    if (this.#patterns.length === 0) return undefined;
    const way = relativeTo(this.folder, path);
    const isNamed = way?.split("/").filter(isHiddenStep).every((part) => this.#hidden.ignores(part));
    return isNamed ? way : undefined;
  }

  /** The folder in which to begin to look for files of a pattern that leads out; it need not be there. */
  #base({ steps }: Pattern): string[] {
    if (steps[0] !== "..") return [];
    const dirs = steps.slice(0, -1);
    const end = dirs.findIndex((step) => /[*?[\\]/.test(step));
    return [resolve(this.folder, ...(end === -1 ? dirs : dirs.slice(0, end)))];
  }
}

function patternOf(text: string): Pattern {
  const isNegated = text.startsWith("!");
  const pattern = isNegated ? text.slice(1) : text;
  const path = pattern.replace(/\/$/, "");
  const steps = path.replace(/^\//, "").split("/");
  return { isNegated, rules: rulesOf([pattern]), isAnchored: path.includes("/"), steps };
}

/** Whether a pattern matches something in a folder, or the folder itself. */
function leadsTo(steps: readonly string[], parts: readonly string[]): boolean {
  for (const [at, part] of parts.entries()) {
    if (at >= steps.length || steps[at] === "**") return true;
    if (steps[at] === part) continue;
    if (part === ".." || steps[at] === ".." || !rulesOf([steps[at]]).ignores(part)) return false;
  }
  return true;
}

function isHiddenStep(step: string): boolean {
  return step === "node_modules" || (step.startsWith(".") && step !== "..");
}
