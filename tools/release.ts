/**
 * `deno task release VERSION` prepares a release: version, changelog, commit and tag. `deno task release --publish`
 * sends the tagged commit to JSR and npm, after checking that both would get the same version; with `--dry-run` it
 * only tries to.
 */
import { dirname, join } from "node:path";
import { buildNpm } from "../npm-build.ts";
import { runDeno } from "./run_deno.ts";

const VERSION = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** Sets the version in deno.json and in the changelog, and commits and tags that. */
export async function prepare(root: string, version: string, date = new Date()): Promise<void> {
  if (!VERSION.test(version)) {
    throw new Error(`Cannot release "${version}": a version such as 1.2.3 is wanted`);
  }
  await clean(root);
  const changelog = await read(root, "CHANGELOG.md");
  const heading = /^## Unreleased.*$/m;
  if (!heading.test(changelog)) {
    throw new Error(`Cannot release ${version}: CHANGELOG.md has no section "## Unreleased"`);
  }
  const day = date.toISOString().slice(0, 10);
  await Deno.writeTextFile(join(root, "CHANGELOG.md"), changelog.replace(heading, `## ${version} (${day})`));
  const config = await read(root, "deno.json");
  await Deno.writeTextFile(
    join(root, "deno.json"),
    config.replace(/^ {2}"version": ".*"/m, `  "version": "${version}"`),
  );
  await git(root, "commit", "--quiet", "--all", "--message", `Release ${version}`);
  await git(root, "tag", "--annotate", `v${version}`, "--message", `hotflow ${version}`);
}

/** The version that both packages would get. @throws {Error} When it is not the one that is tagged here. */
export async function checkVersions(root: string, npmFolder: string): Promise<string> {
  await clean(root);
  const { version } = JSON.parse(await read(root, "deno.json"));
  const built = JSON.parse(await read(npmFolder, "package.json")).version;
  if (built !== version) {
    throw new Error(`Cannot publish: deno.json has version ${version}, the npm package ${built}`);
  }
  const tags = await git(root, "tag", "--points-at", "HEAD");
  if (!tags.split("\n").includes(`v${version}`)) {
    throw new Error(
      `Cannot publish ${version}: this commit has no tag v${version}; run deno task release first`,
    );
  }
  if (!(await read(root, "CHANGELOG.md")).includes(`## ${version} (`)) {
    throw new Error(`Cannot publish ${version}: CHANGELOG.md has no section of it`);
  }
  return version;
}

async function publish(root: string, dryRun: boolean): Promise<void> {
  const folder = await buildNpm(root);
  const version = await checkVersions(root, folder);
  const dry = dryRun ? ["--dry-run"] : [];
  // JSR takes no version twice, and npm neither: what failed halfway is finished by hand with the other command.
  await succeed("deno publish", await runDeno(["publish", ...dry], { cwd: root }));
  const npm = new Deno.Command("npm", { args: ["publish", "--provenance", ...dry], cwd: folder });
  await succeed("npm publish", (await npm.spawn().status).code);
  say(`${dryRun ? "would publish" : "published"} ${version} to JSR and npm`);
}

function succeed(command: string, code: number): void {
  if (code !== 0) throw new Error(`Cannot publish: ${command} ended with ${code}`);
}

async function clean(root: string): Promise<void> {
  const changed = await git(root, "status", "--porcelain");
  if (changed !== "") {
    throw new Error(`Cannot release: there are changes that are not committed:\n${changed}`);
  }
}

async function git(root: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", { args, cwd: root }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new Error(`Cannot release: git ${args.join(" ")}: ${text(stderr)}`);
  return text(stdout);
}

function read(root: string, name: string): Promise<string> {
  return Deno.readTextFile(join(root, name));
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname ?? Deno.cwd());
  const [first = "", ...rest] = Deno.args;
  try {
    if (first === "--publish") await publish(root, rest.includes("--dry-run"));
    else await prepare(root, first);
  } catch (error) {
    say((error as Error).message);
    Deno.exit(1);
  }
}
