import { join } from "node:path";
import { runQuietly } from "./run_quietly.ts";

/** Used where there is no npm command; it takes the same options and `.npmrc` files. */
const NPM = "npm:npm@11.6.2";

/** One retry, soon: without a network npm would otherwise think for a minute before it says so. */
const PACK_OPTIONS = [
  "--loglevel=error",
  "--fetch-retries=1",
  "--fetch-retry-mintimeout=1000",
  "--fetch-timeout=60000",
];
const PATIENCE_MS = 180_000;

/** The tarball of an npm package, by the machine's npm, or by one that Deno runs. */
export async function npmTarball(spec: string): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir({ prefix: "hotflow-npm-" });
  try {
    const pack = ["pack", spec, ...PACK_OPTIONS];
    const viaDeno = [
      "run",
      "-A",
      "--quiet",
      "--no-config",
      "--no-lock",
      "--node-modules-dir=none",
      NPM,
      ...pack,
    ];
    const problems: string[] = [];
    for (const [command, args] of [["npm", pack], [Deno.execPath(), viaDeno]] as const) {
      const result = await runQuietly(command, args, { cwd: folder, patienceMs: PATIENCE_MS });
      const name = command === "npm" ? "npm" : NPM;
      if (result.ok) return await Deno.readFile(join(folder, `${spec.replace("@", "-")}.tgz`));
      problems.push(`${name}: ${result.problem}`);
    }
    throw new Error(`Cannot get ${spec} from npm:\n  ${problems.join("\n  ")}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
