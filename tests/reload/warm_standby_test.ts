import { assertEquals } from "@std/assert";
import { executorWith, reloadTest, saying } from "./_serving.ts";
import { Reloading } from "../support/reloading.ts";
import type { FlowFixture } from "../support/flow_fixture.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";

/** A package whose import takes a while; its beginnings and ends are counted. */
const slowPackage = (ms: number) =>
  `import { appendFileSync } from "node:fs";
appendFileSync(new URL("../../imports.txt", import.meta.url), "x");
const end = performance.now() + ${ms};
while (performance.now() < end);
appendFileSync(new URL("../../ends.txt", import.meta.url), "x");
export const name = "slow";
`;
const PACKAGE_FILE = "node_modules/slow/index.mjs";
const IMPORT = `import { name } from "./${PACKAGE_FILE}";`;
const source = (text: string) => executorWith(saying(`name + ${JSON.stringify(text)}`), IMPORT);

/** How often the package has been imported. */
async function imports({ folder }: FlowFixture, file = "imports.txt"): Promise<number> {
  return (await Deno.readTextFile(folder.at(file))).length;
}

/** Waits until something holds. */
async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`It never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until so many imports of the package have begun, or ended. */
function imported(fixture: FlowFixture, times: number, file?: string): Promise<void> {
  return until(async () => await imports(fixture, file) >= times, `import ${times}`);
}

function serving(fixture: FlowFixture, ms: number): Promise<Reloading> {
  return Reloading.begin(fixture, {
    files: {
      [PACKAGE_FILE]: slowPackage(ms),
      "imports.txt": "",
      "ends.txt": "",
      "my_executor.ts": source("1"),
    },
    add: { ignore: ["*.txt"] },
    clients: 1,
  });
}

reloadTest("a package that takes long is imported beforehand, once for each version", async (fixture) => {
  const reloading = await serving(fixture, 60);
  for (const version of [2, 3, 4]) {
    // By the version that serves, and by the worker that stands by for the next one.
    await imported(fixture, version, "ends.txt");
    await reloading.saved(`slow${version}`, source(String(version)));
    await imported(fixture, version + 1);
  }
  // A save that comes before the standby has reported its end starts another worker.
  const count = await imports(fixture);
  assertEquals(count >= 5 && count < 8, true, `${count} imports`);
  await fixture.assertNothingLost();
});

reloadTest("a package that takes no time is not imported beforehand", async (fixture) => {
  const reloading = await serving(fixture, 0);
  for (const version of [2, 3]) await reloading.saved(`slow${version}`, source(String(version)));
  await fixture.standby();
  // A first import in a busy process may take long enough for one try.
  assertEquals(await imports(fixture) <= 4, true);
  await fixture.assertNothingLost();
});

reloadTest(
  "a save while a package is being imported: the first worker that is ready serves, the other one ends",
  async (fixture) => {
    const reloading = await serving(fixture, 400);
    await imported(fixture, 2);
    await reloading.saved("slow2", source("2"));
    await imported(fixture, 3);
    await fixture.standby();
    await fixture.assertNothingLost();
  },
);

reloadTest("a save that removes a package: it is not imported any more", async (fixture) => {
  const reloading = await serving(fixture, 60);
  await imported(fixture, 2);
  await reloading.saved("plain", executorWith(saying('"plain"')));
  await reloading.saved("plainer", executorWith(saying('"plainer"')));
  await fixture.standby();
  assertEquals(await imports(fixture), 2);
  await fixture.assertNothingLost();
});

reloadTest(
  "two Executors: the one whose files were saved last has its packages imported beforehand",
  async (fixture) => {
    const { folder, log } = fixture;
    await folder.write("a/" + PACKAGE_FILE, slowPackage(60));
    await folder.write("b/" + PACKAGE_FILE, slowPackage(60));
    for (const name of ["a", "b"]) {
      await folder.write(`${name}/imports.txt`, "");
      await folder.write(`${name}/ends.txt`, "");
      await folder.write(`${name}/my_executor.ts`, source("1"));
    }
    const add = ["a", "b"].map((name) => ({
      name,
      uses: `${name}/my_executor.ts`,
      reload: true,
      ignore: ["*.txt"],
    }));
    await fixture.serve(add);
    const counts = async () =>
      (await Promise.all(["a", "b"].map((name) => Deno.readTextFile(folder.at(`${name}/imports.txt`)))))
        .map(({ length }) => length);
    // One of the two, whichever loaded first.
    await until(async () => String((await counts()).sort()) === "1,2", "the first standby");
    const [a] = await counts();
    for (const version of [2, 3]) {
      await folder.write("b/my_executor.ts", source(String(version)));
      await log.waitFor(new RegExp(`INFO b/rep-0 version ${version} serves`));
      const [, before] = await counts();
      await until(async () => (await counts())[1] > before, "the standby for b");
    }
    assertEquals((await counts())[0], a);
  },
);
