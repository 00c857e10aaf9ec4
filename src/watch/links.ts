import { runtime } from "../runtime/mod.ts";
import { basename, dirname, join, resolve, sep } from "../runtime/paths.ts";

/** The path with every symbolic link resolved, also that of a file that is not there yet. */
export async function realOf(path: string): Promise<string> {
  const real = await runtime.realPath(path);
  const above = dirname(path);
  return real ?? (above === path ? path : join(await realOf(above), basename(path)));
}

/** As many as Linux follows on the way to one path. */
const MOST_LINKS = 40;

/** The symbolic links on the way to a path, the path itself and the ways that they lead included. */
export async function linksOn(path: string): Promise<string[]> {
  const links: string[] = [];
  let way = path.split(sep);
  for (let at = 1; at <= way.length && links.length < MOST_LINKS; at++) {
    const link = way.slice(0, at).join(sep) || sep;
    const target = await runtime.readLink(link);
    if (target === undefined) continue;
    links.push(link);
    way = [...resolve(dirname(link), target).split(sep), ...way.slice(at)];
    at = 0;
  }
  return links;
}
