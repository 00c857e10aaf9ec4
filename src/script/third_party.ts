/** The folder of a package manager: npm, pnpm, Yarn, Bun and Deno with `nodeModulesDir` all have one. */
export const NODE_MODULES = /[\\/]node_modules[\\/]/;
/** Deno's global cache: `…/npm/registry.npmjs.org/@scope/name/1.2.3/index.js`. */
const DENO_CACHE =
  /[\\/]npm[\\/](?:localhost|[^\\/]*\.)[^\\/]*[\\/](?:[^\\/]+[\\/]){1,4}\d+\.\d+\.\d+[^\\/]*[\\/]/;
/** Bun's install cache: `…/zod@4.1.0@@@1/index.js`. */
export const BUN_CACHE = /[\\/][^\\/]+@\d[^\\/]*@@@\d+[\\/]/;

/**
 * Whether a file belongs to a package that the runtime or a package manager keeps. Packages that are linked in from a
 * folder elsewhere do not: every runtime gives the real path of their files.
 *
 * @param path The file's real path.
 */
export function isThirdParty(path: string): boolean {
  return NODE_MODULES.test(path) || DENO_CACHE.test(path) || BUN_CACHE.test(path);
}
