import { dirname, join } from "node:path";
import { npm, type RuntimeName, runtimePath } from "../../tools/runtimes.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** The checkout's folder, without a slash at its end. */
export const CHECKOUT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** The npm package, as `tools/test_packages.ts` packed it. */
export const TARBALL = Deno.env.get("HOTFLOW_TARBALL") ?? "";

const apps = new Map<string, Promise<string>>();

/** A folder in which the package is installed, and whatever else a user would need; it goes with the tarball's. */
export function appWith(packages: readonly string[] = []): Promise<string> {
  if (TARBALL === "") {
    throw new Error("Run these tests with `deno task test:packages`: they need the package");
  }
  const name = `app ${packages.join(" ").replaceAll("/", "+")}`.trim();
  const known = apps.get(name) ?? install(join(dirname(TARBALL), name), packages);
  apps.set(name, known);
  return known;
}

async function install(app: string, packages: readonly string[]): Promise<string> {
  await Deno.mkdir(app, { recursive: true });
  await Deno.writeTextFile(join(app, "package.json"), "{}");
  await npm(app, ["install", TARBALL, ...packages]);
  return app;
}

/** A folder of a test's own below one where the package is installed. */
export async function installed(packages: readonly string[] = [], type = "module"): Promise<TempFolder> {
  const folder = await TempFolder.make(await appWith(packages));
  await folder.write("package.json", JSON.stringify({ type }));
  return folder;
}

/** Runs a program to its end. */
export async function run(
  command: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [program, ...args] = command;
  const options = { args, cwd, env: { ...env, NO_COLOR: "1" }, stdin: "null" } as const;
  const { code, stdout, stderr } = await new Deno.Command(program, options).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** The program of a runtime. */
export function pathOf(name: RuntimeName): Promise<string> {
  return runtimePath(CHECKOUT, name);
}
