import { runtime } from "../runtime/mod.ts";
import { basename, dirname, join, resolve, sep } from "../paths.ts";

/** As many as Linux follows on the way to one path. */
const MAX_LINKS = 40;

/** The path with every symbolic link resolved, also that of a file that is not there yet, or behind a link. */
export async function realOf(path: string, most = MAX_LINKS): Promise<string> {
  const real = await runtime.realPath(path);
  const above = dirname(path);
  if (real !== undefined || above === path) return real ?? path;
  const folder = await realOf(above, most);
  const target = most > 0 ? await runtime.readLink(path) : undefined;
  return target === undefined ? join(folder, basename(path)) : realOf(resolve(folder, target), most - 1);
}

/**
 * The symbolic links on the way to a path, the path itself and the ways that they lead included.
 *
 * @returns Where each leads, as it is written there.
 */
export async function linksOn(path: string): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  let way = path.split(sep);
  let met = 0;
  for (let at = 1; at <= way.length && met < MAX_LINKS; at++) {
    const link = way.slice(0, at).join(sep) || sep;
    const target = await runtime.readLink(link);
    if (target === undefined) continue;
    met++;
    links.set(link, target);
    way = [...resolve(dirname(link), target).split(sep), ...way.slice(at)];
    at = 0;
  }
  return links;
}
