import { runtime } from "../runtime/mod.ts";
import { basename, join, relative, sep } from "../paths.ts";

const SOURCE = /\.(?:ts|tsx|mts|js|jsx|mjs|cjs)$/;
/** Locks and backups of Emacs, probe and swap files of vim, and files that editors write before they rename them. */
const TEMPORARY = /^(?:\.#.*|#.*#|.*~|4913|.*\.sw[a-p]|.*\.tmp|.*___jb_(?:tmp|old)___)$/;
/** Tests: they belong to an Executor only if it imports them. */
const TEST = /(?:_test|\.test|\.spec)\./;
/** How many folders of one tree are watched at most: an Executor may be in a home folder. */
const MAX_FOLDERS = 2_000;

/** Whether a path is hidden or in `node_modules`, below a root. */
export function isHidden(root: string, path: string): boolean {
  return relative(root, path).split(sep).some((part) =>
    part === "node_modules" || (part.startsWith(".") && part !== "..")
  );
}

/** Whether a file is a source file and not a test, by its name. */
export function isSource(path: string): boolean {
  return SOURCE.test(path) && !isTemporary(path) && !TEST.test(basename(path));
}

/** Whether a file is a temporary file of an editor, by its name. */
export function isTemporary(path: string): boolean {
  return TEMPORARY.test(basename(path));
}

/** Which folders and files of a tree are listed. */
export interface TreeRules {
  /** Whether a folder is listed, with what is in it. */
  enters(folder: string): boolean;
  includes(file: string): boolean;
}

/**
 * Lists a tree. Folders that cannot be read are skipped; symbolic links are not followed.
 *
 * @returns The folders and files, and whether folders were left out because there are too many.
 */
export async function listTree(
  root: string,
  rules: TreeRules,
): Promise<{ folders: string[]; files: string[]; isTruncated: boolean }> {
  const folders: string[] = [];
  const files: string[] = [];
  const found = [root];
  for (const folder of found) {
    if (folders.length >= MAX_FOLDERS) return { folders, files, isTruncated: true };
    const entries = await runtime.list(folder);
    if (entries === undefined) continue;
    folders.push(folder);
    for (const { name, isFolder } of entries) {
      const path = join(folder, name);
      if (isFolder ? rules.enters(path) : rules.includes(path)) (isFolder ? found : files).push(path);
    }
  }
  return { folders, files, isTruncated: false };
}
