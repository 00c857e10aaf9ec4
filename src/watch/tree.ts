import { runtime } from "../runtime/mod.ts";
import { basename, dirname, join, relative, sep } from "../paths.ts";

const SOURCE = /\.(?:ts|tsx|mts|js|jsx|mjs|cjs)$/;
/** Emacs' locks and backups, vim's probe and swap files, and what editors write before they rename it. */
const TEMPORARY = /^(?:\.#.*|#.*#|.*~|4913|.*\.sw[a-p]|.*\.tmp|.*___jb_(?:tmp|old)___)$/;
/** Tests, which no Executor is made of unless it imports them. */
const TEST = /(?:_test|\.test|\.spec)\./;
/** How many folders of one tree are watched; beyond it, somebody put an Executor into a home folder. */
const MAX_FOLDERS = 2_000;

/** Whether a path below a watched root is one of those that never count. */
export function isHidden(root: string, path: string): boolean {
  return relative(root, path).split(sep).some((part) =>
    part === "node_modules" || (part.startsWith(".") && part !== "..")
  );
}

/** Whether a path is a source file by its name, and no test. */
export function isSource(path: string): boolean {
  return SOURCE.test(path) && !isTemporary(path) && !TEST.test(basename(path));
}

/** Whether a path is a file that editors write for a moment, by its name. */
export function isTemporary(path: string): boolean {
  return TEMPORARY.test(basename(path));
}

/** The folders of a tree and the files in them that count. */
export interface Tree {
  readonly folders: string[];
  readonly files: string[];
  /** Whether folders were left out because there are too many. */
  readonly cut: boolean;
}

/** What of a tree counts. */
export interface TreeRules {
  /** Whether to go into a folder. */
  enters(folder: string): boolean;
  /** Whether a file counts. */
  counts(file: string): boolean;
}

/** What counts of a tree without further rules: source files that are not hidden. */
const PLAIN: TreeRules = {
  enters: (folder) => !isHidden(dirname(folder), folder),
  counts: (file) => isSource(file) && !isHidden(dirname(file), file),
};

/**
 * Lists a tree. What cannot be read is passed over; symbolic links are not followed.
 *
 * @param root The topmost folder, which is entered in any case.
 * @param rules What of the tree counts. @default source files that are not hidden
 */
export async function listTree(root: string, rules: TreeRules = PLAIN): Promise<Tree> {
  const folders: string[] = [];
  const files: string[] = [];
  const waiting = [root];
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    if (folders.length >= MAX_FOLDERS) return { folders, files, cut: true };
    const entries = await runtime.list(folder);
    if (entries === undefined) continue;
    folders.push(folder);
    for (const { name, isFolder } of entries) {
      const path = join(folder, name);
      if (isFolder ? rules.enters(path) : rules.counts(path)) (isFolder ? waiting : files).push(path);
    }
  }
  return { folders, files, cut: false };
}
