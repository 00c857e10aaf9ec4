import { runtime } from "../runtime/mod.ts";
import { basename, dirname, join } from "../runtime/paths.ts";

/** The path with every symbolic link resolved, also that of a file that is not there yet. */
export async function realOf(path: string): Promise<string> {
  const real = await runtime.realPath(path);
  const above = dirname(path);
  return real ?? (above === path ? path : join(await realOf(above), basename(path)));
}

/** The symbolic links on the way to a path, the path itself included. */
export async function linksOn(path: string): Promise<string[]> {
  const above = dirname(path);
  if (above === path) return [];
  const [real, realAbove, higher] = await Promise.all([realOf(path), realOf(above), linksOn(above)]);
  return real === join(realAbove, basename(path)) ? higher : [...higher, path];
}
