import { runtime } from "../runtime/mod.ts";
import { basename, dirname, join, sep } from "../paths.ts";

/** What else a save can touch that only a new process would pick up. */
const NAMES = ["deno.json", "deno.jsonc", "package.json", "import_map.json"];

/** Whether a path is such a file by its name. */
export function isProjectFile(path: string): boolean {
  return NAMES.includes(basename(path));
}

/** Such files of one folder that are there. */
export function projectFilesIn(folder: string): string[] {
  return NAMES.map((name) => join(folder, name)).filter((path) => runtime.writtenAt(path) !== undefined);
}

/**
 * The folders above one that may belong to the same project, the nearest first: up to the repository's, and in any
 * case below the home folder and the one for temporary files.
 */
export function foldersAbove(folder: string): string[] {
  const above: string[] = [];
  const home = runtime.env("HOME") ?? runtime.env("USERPROFILE");
  const ends = [home, "/tmp", "/var/tmp", ...["TMPDIR", "TEMP", "TMP"].map((name) => runtime.env(name))];
  const isEnd = (path: string) =>
    ends.some((end) => end !== undefined && end !== "" && `${end}${sep}`.startsWith(`${path}${sep}`));
  let last = folder;
  for (let next = dirname(last); next !== last && !isRepository(last); [last, next] = [next, dirname(next)]) {
    if (dirname(next) === next || isEnd(next) || !runtime.mayRead(next)) break;
    above.push(next);
  }
  return above;
}

/**
 * Of the folders above, those to watch: up to the topmost one with such a file, or the repository's. The one right
 * above is watched in any case, since such a file may come.
 */
export function foldersToWatch(above: readonly string[]): readonly string[] {
  const last = above.findLastIndex((folder) => isRepository(folder) || projectFilesIn(folder).length > 0);
  return above.slice(0, Math.max(last, 0) + 1);
}

function isRepository(folder: string): boolean {
  return runtime.writtenAt(join(folder, ".git")) !== undefined;
}
