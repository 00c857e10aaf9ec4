import { runtime } from "../runtime/mod.ts";
import { basename, dirname, join } from "../runtime/paths.ts";

/** The symbolic links on the way to a path, the path itself included. */
export async function linksOn(path: string): Promise<string[]> {
  const above = dirname(path);
  if (above === path) return [];
  const [real, realAbove, higher] = await Promise.all([
    runtime.realPath(path),
    runtime.realPath(above),
    linksOn(above),
  ]);
  return real === join(realAbove, basename(path)) ? higher : [...higher, path];
}
