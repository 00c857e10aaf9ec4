import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { checkVersions, prepare } from "../../tools/release.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** A repository with a version and a changelog, all of it committed. */
async function repository(): Promise<TempFolder> {
  const folder = await TempFolder.make();
  await folder.write("deno.json", '{\n  "name": "@a/b",\n  "version": "0.1.0"\n}\n');
  await folder.write(
    "CHANGELOG.md",
    "# Changelog\n\n## Unreleased: 0.2.0\n\n- New.\n\n## 0.1.0 (2026-01-01)\n",
  );
  await folder.write("npm/package.json", '{ "version": "0.2.0" }\n');
  await git(folder, "init", "--quiet");
  for (const [key, value] of [["user.name", "a"], ["user.email", "a@b.example"]]) {
    await git(folder, "config", key, value);
  }
  await git(folder, "add", "--all");
  await git(folder, "commit", "--quiet", "--message", "all");
  return folder;
}

async function git(folder: TempFolder, ...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command("git", { args, cwd: folder.path }).output();
  assertEquals(success, true, args.join(" "));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("release: version and changelog are set, committed and tagged", async () => {
  await using folder = await repository();
  await prepare(folder.path, "0.2.0", new Date("2026-02-03T12:00:00Z"));
  assertMatch(await Deno.readTextFile(folder.at("CHANGELOG.md")), /^## 0\.2\.0 \(2026-02-03\)\n\n- New\.$/m);
  assertEquals(JSON.parse(await Deno.readTextFile(folder.at("deno.json"))).version, "0.2.0");
  assertEquals(await git(folder, "tag", "--points-at", "HEAD"), "v0.2.0");
  assertEquals(await git(folder, "status", "--porcelain"), "");
  assertEquals(await checkVersions(folder.path, folder.at("npm")), "0.2.0");
});

Deno.test("release: nothing is published when the two packages differ, or the commit has no tag", async () => {
  await using folder = await repository();
  const npm = folder.at("npm");
  await assertRejects(
    () => checkVersions(folder.path, npm),
    Error,
    "deno.json has version 0.1.0, the npm package 0.2.0",
  );
  await git(folder, "rm", "--quiet", "--cached", "-r", "npm");
  await folder.write(".gitignore", "npm/\n");
  await folder.write("npm/package.json", '{ "version": "0.1.0" }\n');
  await git(folder, "add", "--all");
  await git(folder, "commit", "--quiet", "--message", "npm/ is built");
  await assertRejects(() => checkVersions(folder.path, npm), Error, "this commit has no tag v0.1.0");
});

Deno.test("release: what is no version, not committed, or not in the changelog is refused", async () => {
  await using folder = await repository();
  await assertRejects(() => prepare(folder.path, "next"), Error, 'Cannot release "next"');
  await folder.write("new.ts", "");
  await assertRejects(() => prepare(folder.path, "0.2.0"), Error, "changes that are not committed");
  await Deno.remove(folder.at("new.ts"));
  await folder.write("CHANGELOG.md", "# Changelog\n");
  await git(folder, "commit", "--quiet", "--all", "--message", "none");
  await assertRejects(() => prepare(folder.path, "0.2.0"), Error, 'no section "## Unreleased"');
});
