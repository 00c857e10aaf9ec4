import { runtime } from "../runtime/mod.ts";
import { basename, dirname, join, sep } from "../paths.ts";

/** Files that configure the process: only a new process applies their changes. */
const NAMES = ["deno.json", "deno.jsonc", "package.json", "import_map.json"];

/** Whether a file is a project file, by its name. */
export function isProjectFile(path: string): boolean {
  return NAMES.includes(basename(path));
}

/** The project files that exist in a folder. */
export function projectFilesIn(folder: string): string[] {
  return NAMES.map((name) => join(folder, name)).filter((path) => runtime.writtenAt(path) !== undefined);
}

/**
 * The folders above a folder that may belong to the same project, the nearest first: up to the root of the repository,
 * and always below the home folder and the folder for temporary files.
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
 * Of the folders above, those to watch: up to the topmost one with a project file, or to the root of the repository.
 * The nearest one is always watched, since a project file may be created there.
 */
export function foldersToWatch(above: readonly string[]): readonly string[] {
  const last = above.findLastIndex((folder) => isRepository(folder) || projectFilesIn(folder).length > 0);
  return above.slice(0, Math.max(last, 0) + 1);
}

function isRepository(folder: string): boolean {
  return runtime.writtenAt(join(folder, ".git")) !== undefined;
}
