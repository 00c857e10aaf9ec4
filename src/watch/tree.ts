import { runtime } from "../runtime/mod.ts";
import { basename, join, relative, sep } from "../runtime/paths.ts";

const SOURCE = /\.(?:ts|tsx|mts|js|jsx|mjs|cjs)$/;
/** Emacs' locks and backups, vim's probe and swap files, and what editors write before they rename it. */
const TEMPORARY = /^(?:\.#.*|#.*#|.*~|4913|.*\.sw[a-p]|.*\.tmp|.*___jb_(?:tmp|old)___)$/;
/** How many folders of one tree are watched; beyond it, somebody put an Executor into a home folder. */
const MOST_FOLDERS = 2_000;

/** Whether a path below a watched root is one of those that never count. */
export function isHidden(root: string, path: string): boolean {
  return relative(root, path).split(sep).some((part) =>
    part === "node_modules" || (part.startsWith(".") && part !== "..")
  );
}

/** Whether a path is a source file by its name. */
export function isSource(path: string): boolean {
  return SOURCE.test(path) && !TEMPORARY.test(basename(path));
}

/** The folders of a tree and the source files in them, hidden ones and `node_modules` left out. */
export interface Tree {
  readonly folders: string[];
  readonly sources: string[];
  /** Whether folders were left out because there are too many. */
  readonly cut: boolean;
}

/** Tells whether a path is left out, with all that is in it. */
export type LeftOut = (path: string, isFolder: boolean) => boolean;

/**
 * Lists a tree. What cannot be read is passed over; symbolic links are not followed.
 *
 * @param root The topmost folder.
 * @param leftOut Tells what to leave out besides, such as workspaces.
 */
export async function listTree(root: string, leftOut: LeftOut = () => false): Promise<Tree> {
  const folders: string[] = [];
  const sources: string[] = [];
  const waiting = [root];
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    if (leftOut(folder, true)) continue;
    if (folders.length >= MOST_FOLDERS) return { folders, sources, cut: true };
    const entries = await runtime.list(folder);
    if (entries === undefined) continue;
    folders.push(folder);
    for (const { name, isFolder } of entries) {
      const path = join(folder, name);
      if (isHidden(folder, path)) continue;
      if (isFolder) waiting.push(path);
      else if (isSource(path) && !leftOut(path, false)) sources.push(path);
    }
  }
  return { folders, sources, cut: false };
}
