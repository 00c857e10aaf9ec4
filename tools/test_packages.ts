/**
 * `deno task test:packages [RUNTIME…]`: builds the npm package, installs its tarball in a folder of its own as a user
 * would, and runs the package's tests, then the probes, streams, ends and saves of a Flow's YAML on each runtime.
 */
import { dirname, join } from "node:path";
import { buildNpm } from "../npm-build.ts";
import { runDeno } from "./run_deno.ts";
import { npm, type RuntimeName, runtimePath, RUNTIMES } from "./runtimes.ts";

/** What runs on each runtime. */
const EVERYWHERE = [
  "probes",
  ...[
    "debugger",
    "ending",
    "exclusive",
    "exclusive_flow_yaml",
    "exclusive_turns",
    "in_place",
    "in_place_commonjs",
    "in_place_life",
    "in_place_stuck",
    "keep",
    "keep_end",
    "looping",
    "mistakes",
    "modules",
    "stream",
    "stuck",
    "warm_standby_order",
  ].map((name) => `reload/${name}_test.ts`),
  "isolation",
  "flow_yaml/live_test.ts",
  "flow_yaml/saves_test.ts",
  "flow/uncaught_test.ts",
  "grpc/goaway_test.ts",
  "grpc/runtimes_test.ts",
  "remote/runtimes_test.ts",
  "gateway/websocket_test.ts",
  "gateway/websocket_life_test.ts",
  "cli/output_test.ts",
].map((name) => `tests/${name}`);
const TESTS = ["test", "--no-check", "-A", "--quiet"];

/** Builds and packs the package; answers the tarball's path. */
async function pack(root: string, into: string): Promise<string> {
  const folder = await buildNpm(root, join(into, "package"));
  await npm(folder, ["pack", "--pack-destination", into]);
  const tarball = [...Deno.readDirSync(into)].find(({ name }) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error(`npm pack left no tarball in ${into}`);
  return join(into, tarball.name);
}

async function install(folder: string, tarball: string): Promise<string> {
  await Deno.mkdir(folder);
  await Deno.writeTextFile(join(folder, "package.json"), '{ "type": "module" }\n');
  await npm(folder, ["install", tarball]);
  return folder;
}

async function run(root: string, wanted: readonly RuntimeName[]): Promise<number> {
  const temporary = await Deno.realPath(await Deno.makeTempDir({ prefix: "hotflow_npm_" }));
  try {
    const tarball = await pack(root, temporary);
    // The tests in tests/packages install it in other folders beside the tarball.
    const app = await install(join(temporary, "flows"), tarball);
    let code = await runDeno([...TESTS, "tests/packages"], { cwd: root, env: { HOTFLOW_TARBALL: tarball } });
    for (const name of wanted) {
      const target = { name, command: [await runtimePath(root, name)], app };
      say(`The probes, streams, ends and a Flow's YAML on ${name}`);
      const env = { HOTFLOW_TEST_TARGET: JSON.stringify(target) };
      code = await runDeno([...TESTS, ...EVERYWHERE], { cwd: root, env }) || code;
    }
    return code;
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) {
  const names = Deno.args.length === 0 ? RUNTIMES : Deno.args as RuntimeName[];
  const unknown = names.find((name) => !RUNTIMES.includes(name));
  if (unknown !== undefined) {
    say(`Cannot test on "${unknown}": one of ${RUNTIMES.map((name) => `"${name}"`).join(", ")} is wanted`);
    Deno.exit(2);
  }
  Deno.exit(await run(dirname(import.meta.dirname ?? Deno.cwd()), names));
}
