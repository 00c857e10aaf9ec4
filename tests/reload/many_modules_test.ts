/** Reloads of an Executor with so many modules that a standby worker links them beforehand. */
import { assertEquals } from "@std/assert";
import { Reloading } from "../support/reloading.ts";
import { executorWith, reloadTest, saying } from "./_serving.ts";

const COUNT = 60;
const module = (index: number, value = index) =>
  `globalThis.evaluated = (globalThis.evaluated ?? 0) + 1;\nexport const m${index} = ${value};\n`;
const imports = Array.from({ length: COUNT }, (_, index) => `import { m${index} } from "./m${index}.ts";`);
// TypeScript leaves out imports that are not used.
imports.push(`const all = [${Array.from({ length: COUNT }, (_, index) => `m${index}`)}];`);
const source = (text: string) =>
  executorWith(saying(`"${text} " + all[7] + " " + globalThis.evaluated`), imports.join("\n"));
const FILES = {
  ...Object.fromEntries(Array.from({ length: COUNT }, (_, index) => [`m${index}.ts`, module(index)])),
  "my_executor.ts": source("v1"),
};

reloadTest(
  "many modules: each is evaluated once in a worker, and only as it was saved last",
  async (fixture) => {
    const reloading = await Reloading.begin(fixture, { files: FILES, clients: 1 });
    assertEquals((await fixture.ask()).text, `v1 7 ${COUNT}`);
    await fixture.standby();
    await reloading.saved(`v2 7 ${COUNT}`, source("v2"));
    await fixture.standby();
    await reloading.saved(`v2 100 ${COUNT}`, module(7, 100), "m7.ts");
    // At once, while the next standby is starting or linking.
    await reloading.saved(`v2 101 ${COUNT}`, module(7, 101), "m7.ts");
    await reloading.saved(`v3 101 ${COUNT}`, source("v3"));
    await fixture.assertNothingLost();
  },
);

reloadTest(
  "many modules: a broken one is named with its place, and the next good save serves",
  async (fixture) => {
    const reloading = await Reloading.begin(fixture, { files: FILES, clients: 1 });
    await fixture.standby();
    await reloading.saved(`v2 7 ${COUNT}`, source("v2"));
    await fixture.standby();
    await reloading.breaks(
      { says: /Expression expected|Unexpected/, file: "m7.ts", spot: { line: 1, column: 18 } },
      () => fixture.folder.write("m7.ts", "export const m7 =;\n"),
    );
    await reloading.saved(`v2 8 ${COUNT}`, module(7, 8), "m7.ts");
    await fixture.assertNothingLost();
  },
);
