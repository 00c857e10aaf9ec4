import { runtime } from "../runtime/mod.ts";
import { basename, dirname, join, resolve, sep } from "../paths.ts";

/** How many symbolic links Linux follows on the way to one path. */
const MAX_LINKS = 40;

/** The path with every symbolic link resolved. The file itself need not exist. */
export async function realOf(path: string, maxLinks = MAX_LINKS): Promise<string> {
  const real = await runtime.realPath(path);
  const above = dirname(path);
  if (real !== undefined || above === path) return real ?? path;
  const folder = await realOf(above, maxLinks);
  const target = maxLinks > 0 ? await runtime.readLink(path) : undefined;
  return target === undefined ? join(folder, basename(path)) : realOf(resolve(folder, target), maxLinks - 1);
}

/** The paths, each with every symbolic link resolved. */
export async function realPathsOf(paths: Iterable<string>): Promise<Map<string, string>> {
  return new Map(await Promise.all(Array.from(paths, async (path) => [path, await realOf(path)] as const)));
}

/**
 * The symbolic links on the way to a path, including the path itself and the links on the way to their targets.
 *
 * @returns Their targets, as written in the links.
 */
export async function linksOn(path: string): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  let parts = path.split(sep);
  let count = 0;
  for (let at = 1; at <= parts.length && count < MAX_LINKS; at++) {
    const link = parts.slice(0, at).join(sep) || sep;
    const target = await runtime.readLink(link);
    if (target === undefined) continue;
    count++;
    links.set(link, target);
    parts = [...resolve(dirname(link), target).split(sep), ...parts.slice(at)];
    at = 0;
  }
  return links;
}
