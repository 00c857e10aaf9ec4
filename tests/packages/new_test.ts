/** `hotflow new` in a checkout, for Node.js and Bun: the steps that it prints, and the folder `npm/`. */
import { assertEquals, assertMatch } from "@std/assert";
import { delimiter, dirname } from "node:path";
import { hotflow } from "../cli/_cli.ts";
import { doSteps, stepsOf } from "../cli/_steps.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { npm } from "../../tools/runtimes.ts";
import { CHECKOUT, pathOf, run, TARBALL } from "./_installed.ts";

/** A PATH with Node.js 24 and Bun before all else. */
async function pathWith(folder: TempFolder): Promise<string> {
  await folder.write("bin/about.txt", "");
  await Deno.symlink(await pathOf("bun"), folder.at("bin/bun"));
  return [folder.at("bin"), dirname(await pathOf("node 24")), Deno.env.get("PATH")].join(delimiter);
}

for (const target of ["node", "bun"] as const) {
  Deno.test(`hotflow new --${target} in a checkout: the steps that it prints work as they stand`, async () => {
    await using folder = await TempFolder.make();
    const { code, stdout } = await hotflow(folder, ["new", "hello", `--${target}`]);
    assertEquals(code, 0);
    const steps = stepsOf(stdout);
    assertEquals(steps.length, 5);
    const caches = { DENO_DIR: folder.at(".deno"), BUN_INSTALL_CACHE_DIR: folder.at(".bun") };
    await doSteps(folder, steps, { PATH: await pathWith(folder), ...caches });
    const [, schema = ""] = /\$schema=(.*)$/m.exec(await Deno.readTextFile(folder.at("hello/flow.yml"))) ??
      [];
    assertEquals(
      JSON.parse(await Deno.readTextFile(folder.at(`hello/${schema}`))).title,
      "A Flow of hotflow",
    );
    // Made by the package that is linked there, a project uses the checkout too.
    const { stdout: again } = await run(
      [await pathOf("node 24"), `${CHECKOUT}/npm/cli.js`, "new", "other"],
      folder.path,
    );
    assertEquals(stepsOf(again), ["cd other", "npm install", "npm start", "npm test"]);
    const { dependencies } = JSON.parse(await Deno.readTextFile(folder.at("other/package.json")));
    assertEquals(dependencies, { hotflow: `file:${CHECKOUT}/npm` });
  });
}

Deno.test("hotflow new of a package that was installed from a tarball: the project has the same one", async () => {
  await using folder = await TempFolder.make();
  await folder.write("tools/package.json", "{}");
  await npm(folder.at("tools"), ["install", TARBALL]);
  const command = [await pathOf("node 24"), folder.at("tools/node_modules/hotflow/cli.js")];
  const { stdout } = await run([...command, "new", "hello"], folder.path);
  const { dependencies } = JSON.parse(await Deno.readTextFile(folder.at("hello/package.json")));
  assertEquals(dependencies, { hotflow: `file:${TARBALL}` });
  await doSteps(folder, stepsOf(stdout), { PATH: await pathWith(folder) });
});

Deno.test("The folder that deno task npm builds is packed without what is installed in it", async () => {
  const { code, stdout, stderr } = await run(["npm", "pack", "--dry-run", "--json"], `${CHECKOUT}/npm`);
  assertEquals(code, 0, stderr);
  const [{ files }] = JSON.parse(stdout) as { files: { path: string }[] }[];
  assertEquals(files.filter(({ path }) => /node_modules|package-lock|\.tgz$/.test(path)), []);
  assertMatch(files.map(({ path }) => path).join(" "), /\bmod\.js\b/);
});
