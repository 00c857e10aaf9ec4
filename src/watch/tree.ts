import { walk } from "@std/fs/walk";
import { basename, relative, sep } from "../runtime/paths.ts";

const SOURCE = /\.(?:ts|tsx|mts|js|jsx|mjs)$/;
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

/**
 * Lists a tree. What cannot be read is passed over.
 *
 * @param root The topmost folder.
 * @param except Folders to leave out, such as workspaces.
 */
export async function listTree(root: string, except: readonly string[] = []): Promise<Tree> {
  const tree = { folders: [] as string[], sources: [] as string[], cut: false };
  const skip = [
    new RegExp(`^${escape(root)}[/\\\\](?:.*[/\\\\])?(?:node_modules|\\.[^/\\\\]*)(?:[/\\\\]|$)`),
    ...except.map((folder) => new RegExp(`^${escape(folder)}(?:[/\\\\]|$)`)),
  ];
  const entries = walk(root, { skip, followSymlinks: false })[Symbol.asyncIterator]();
  while (true) {
    try {
      const { done, value } = await entries.next();
      if (done) return tree;
      if (isHidden(root, value.path)) continue;
      if (value.isDirectory) tree.folders.push(value.path);
      else if (isSource(value.path)) tree.sources.push(value.path);
    } catch {
      return tree;
    }
    if (tree.folders.length >= MOST_FOLDERS) return { ...tree, cut: true };
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
