/** Files that are deleted: the version before serves, the log names what is missing, the restored file counts. */
import { assertEquals } from "@std/assert";
import { FILE, Reloading, spotOf } from "../support/reloading.ts";
import { executorSource, probe } from "../support/flow_fixture.ts";

const BACK = /INFO executor0\/rep-0 the files are again as version \d+ was loaded from; it keeps serving/;

probe(13, "helper deleted, later restored", async (fixture) => {
  const helper = (text: string) => `export const text = ${JSON.stringify(text)};\n`;
  const source = `import { text } from "./helper.ts";\n${executorSource("").replace('""', "text")}`;
  const reloading = await Reloading.begin(fixture, { files: { "helper.ts": helper("v1"), [FILE]: source } });
  const gone = {
    says: /Module not found ".*\/helper.ts"/,
    file: FILE,
    spot: spotOf(source, '"./helper.ts"'),
  };
  const remove = () => Deno.remove(fixture.folder.at("helper.ts"));

  await reloading.breaks(gone, remove);
  await reloading.saved("v2", helper("v2"), "helper.ts");

  await reloading.breaks(gone, remove);
  const mark = fixture.log.mark;
  await fixture.folder.write("helper.ts", helper("v2"));
  await fixture.log.waitFor(BACK, mark);
  assertEquals((await fixture.status()).deployments[0].lastError, null);
  assertEquals(fixture.log.count(/detected changes/, mark), 0);
  await reloading.only("v2");

  await reloading.saved("v3", helper("v3"), "helper.ts");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});

probe(14, "executor file deleted, later restored", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  const gone = { says: /Module not found ".*\/my_executor.ts"/, file: FILE };
  const remove = () => Deno.remove(fixture.folder.at(FILE));

  await reloading.breaks(gone, remove);
  await reloading.saved("v2");

  await reloading.breaks(gone, remove);
  const mark = fixture.log.mark;
  await fixture.folder.write(FILE, executorSource("v2"));
  await fixture.log.waitFor(BACK, mark);
  assertEquals((await fixture.status()).deployments[0].lastError, null);
  assertEquals(fixture.log.count(/detected changes/, mark), 0);
  await reloading.only("v2");

  await reloading.breaks(gone, remove);
  await reloading.becomes("v3", FILE, () => fixture.folder.writeAtomic(FILE, executorSource("v3")));
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});
