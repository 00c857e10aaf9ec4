/** What a standby worker must not do beforehand: a new version is as in a worker that has loaded nothing. */
import { assertEquals } from "@std/assert";
import type { FlowFixture } from "../support/flow_fixture.ts";
import { FILE } from "../support/reloading.ts";
import { InPlace } from "./_in_place.ts";
import { executorWith, reloadTest, saying } from "./_serving.ts";

/** A package that takes long to import, so that it is worth importing beforehand. */
const slow = (body: string) =>
  `const end = performance.now() + 40;
while (performance.now() < end);
${body}
`;
const PACKAGE = "node_modules/slow/index.mjs";
const IMPORT = `import { value } from "./${PACKAGE}";\n`;

const source = (text: string, top = IMPORT) => executorWith(saying(`"${text} " + value`), top);

/** Serves an Executor that imports the package; a save is made when the standby worker is ready. */
async function serve(fixture: FlowFixture, files: Readonly<Record<string, string>>, add = {}) {
  const app = await InPlace.serve(fixture, { [PACKAGE]: slow("export const value = 1;"), ...files }, {
    reload: true,
    ...add,
  });
  const save = async (name: string, text: string) => {
    // The worker of the save before ends, and one for the next save is made.
    await fixture.standby();
    await app.serves(() => fixture.folder.write(name, text), / ms$/);
    return await app.text();
  };
  return { app, save };
}

reloadTest("a package that needs what one of the user's modules has set up", async (fixture) => {
  const top = `import "./setup.ts";\n${IMPORT}`;
  const { app, save } = await serve(fixture, {
    "setup.ts": "globalThis.isSetUp = true;\n",
    [PACKAGE]: slow(
      'if (!globalThis.isSetUp) throw new Error("it is not set up");\nexport const value = "set up";',
    ),
    [FILE]: source("v1", top),
  });
  assertEquals(await app.text(), "v1 set up");
  for (const text of ["v2", "v3", "v4"]) assertEquals(await save(FILE, source(text, top)), `${text} set up`);
});

reloadTest(
  "a version that sets something up before the packages, and one that does not any more",
  async (fixture) => {
    const { app, save } = await serve(fixture, {
      "setup.ts": "globalThis.isSetUp = true;\n",
      [PACKAGE]: slow("export const value = globalThis.isSetUp === true;"),
      [FILE]: source("v1"),
    });
    assertEquals(await app.text(), "v1 false");
    assertEquals(await save(FILE, source("v2")), "v2 false");
    for (const text of ["v3", "v4"]) {
      assertEquals(await save(FILE, source(text, `import "./setup.ts";\n${IMPORT}`)), `${text} true`);
    }
    for (const text of ["v5", "v6"]) assertEquals(await save(FILE, source(text)), `${text} false`);
  },
);

reloadTest("a package that reads a watched file, and one that is replaced", async (fixture) => {
  const reading = (version: number) =>
    slow(`import { readFileSync } from "node:fs";
const file = new URL("../../config.txt", import.meta.url);
export const value = readFileSync(file, "utf8") + " ${version}";`);
  const { app, save } = await serve(fixture, {
    [PACKAGE]: reading(1),
    "node_modules/slow/package.json": '{ "name": "slow" }',
    "config.txt": "one",
    [FILE]: source("v1"),
  }, { watch: ["*.txt"] });
  assertEquals(await app.text(), "v1 one 1");
  assertEquals(await save(FILE, source("v2")), "v2 one 1");
  assertEquals(await save("config.txt", "two"), "v2 two 1");
  assertEquals(await save("config.txt", "three"), "v2 three 1");
  await fixture.standby();
  await fixture.folder.write(PACKAGE, reading(2));
  assertEquals(await save(FILE, source("v3")), "v3 three 2");
  await fixture.folder.write(PACKAGE, reading(3));
  await app.serves(() => fixture.reload({ fresh: true }), / ms$/);
  assertEquals(await app.text(), "v3 three 3");
});

reloadTest("a package that is left out has no effect on the next version", async (fixture) => {
  const { app, save } = await serve(fixture, {
    [PACKAGE]: slow("globalThis.noisy = true;\nexport const value = 1;"),
    [FILE]: executorWith(saying('"v1 " + globalThis.noisy'), `import "./${PACKAGE}";\n`),
  });
  assertEquals(await app.text(), "v1 true");
  assertEquals(await save(FILE, executorWith(saying('"v2 " + globalThis.noisy'))), "v2 undefined");
});

reloadTest(
  "what a package writes while it is imported beforehand is in the log of the version",
  async (fixture) => {
    const { save } = await serve(fixture, {
      [PACKAGE]: slow('queueMicrotask(() => { throw new Error("a loose end"); });\nexport const value = 1;'),
      [FILE]: source("v1"),
    });
    for (const text of ["v2", "v3"]) {
      const { mark } = fixture.log;
      assertEquals(await save(FILE, source(text)), `${text} 1`);
      await fixture.log.waitFor(/executor0\/rep-0 an error outside of any request: .*a loose end/, mark);
    }
  },
);
