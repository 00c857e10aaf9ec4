/** Matches the `node_modules` folder of npm, pnpm, Yarn, Bun, and Deno with `nodeModulesDir`. */
export const NODE_MODULES = /[\\/]node_modules[\\/]/;
/** Matches Deno's global cache: `…/npm/registry.npmjs.org/@scope/name/1.2.3/index.js`. */
const DENO_CACHE =
  /[\\/]npm[\\/](?:localhost|[^\\/]*\.)[^\\/]*[\\/](?:[^\\/]+[\\/]){1,4}\d+\.\d+\.\d+[^\\/]*[\\/]/;
/** Matches Bun's install cache: `…/zod@4.1.0@@@1/index.js`. */
export const BUN_CACHE = /[\\/][^\\/]+@\d[^\\/]*@@@\d+[\\/]/;

/**
 * Whether a file belongs to an installed package. Linked packages do not count: all runtimes report the real path of
 * their files, which is outside of `node_modules`.
 */
export function isThirdParty(path: string): boolean {
  return NODE_MODULES.test(path) || DENO_CACHE.test(path) || BUN_CACHE.test(path);
}
