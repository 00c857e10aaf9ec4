/** Other runtimes to test on: npm has them as packages, so that nothing has to be installed on the machine. */
import { join } from "node:path";
import { runQuietly } from "./run_quietly.ts";

/** Each by its name: the package, and the program in it. */
const PACKAGES = {
  "node 20": ["node@20", "node_modules/node/bin/node"],
  "node 22": ["node@22", "node_modules/node/bin/node"],
  "node 24": ["node@24", "node_modules/node/bin/node"],
  "node 26": ["node@26", "node_modules/node/bin/node"],
  bun: ["bun@1.4.5", "node_modules/bun/bin/bun.exe"],
} as const;

export type RuntimeName = keyof typeof PACKAGES;

/** Those that hotflow runs on, besides Deno. */
export const RUNTIMES: readonly RuntimeName[] = ["node 22", "node 24", "node 26", "bun"];

/** Such downloads may be silent for as long. */
const PATIENCE_MS = 300_000;

/** The path of a runtime's program; it is fetched once, into `.runtimes/`. */
export async function runtimePath(root: string, name: RuntimeName): Promise<string> {
  const [specifier, program] = PACKAGES[name];
  const folder = join(root, ".runtimes", specifier);
  const path = join(folder, program);
  if (await isThere(path)) return path;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "package.json"), "{}\n");
  await npm(folder, ["install", specifier]);
  if (!await isThere(path)) throw new Error(`Cannot get ${name}: npm's ${specifier} has no ${program}`);
  return path;
}

/** Runs npm in a folder. @throws {Error} With npm's last words. */
export async function npm(folder: string, args: readonly string[]): Promise<void> {
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const result = await runQuietly("npm", [...args, ...quiet], { cwd: folder, patienceMs: PATIENCE_MS });
  if (!result.ok) throw new Error(`Cannot run npm ${args.join(" ")} in ${folder}: ${result.problem}`);
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
