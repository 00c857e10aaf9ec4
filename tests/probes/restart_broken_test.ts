/** YAML that cannot be restarted with: the version before serves, the log says what and where, a good save recovers. */
import { assertEquals, assertMatch } from "@std/assert";
import { spotOf } from "../support/reloading.ts";
import { EXECUTORS, MODULE, Restarting, saying, YAML, yamlOf } from "../support/restarting.ts";
import { probe } from "../support/flow_fixture.ts";

probe(32, "invalid YAML", async (fixture) => {
  const restarting = await Restarting.begin(fixture, { yaml: saying("v1") });
  const broken = `${saying("broken")}with: [1, 2\n`;
  const [lines, last] = [broken.trimEnd().split("\n").length, "with: [1, 2".length];
  const record = await restarting.breaks(
    { says: /\nSyntaxError: .+ at \//, spot: { line: lines, column: last + 1 } },
    () => fixture.folder.write(YAML, broken),
  );
  assertEquals(/Cannot parse/.test(record.message), false);
  await restarting.saved("v2");
  const typo = yamlOf("After").replace("jtype", "jtpye");
  await restarting.breaks(
    {
      says: /\nConfigError: unknown key `jtpye`; did you mean `jtype`\? at \//,
      spot: { line: 1, column: 1 },
    },
    () => fixture.folder.write(YAML, typo),
  );
  // Another mistake after the first one, then what was served before.
  const odd = yamlOf("After").replace("py_modules:\n    - executors.ts", "py_modules: { a: 1 }");
  await restarting.breaks(
    { says: /\nConfigError: `metas.py_modules` has to be /, spot: spotOf(odd, "py_modules") },
    () => fixture.folder.write(YAML, odd),
  );
  const mark = fixture.log.mark;
  await fixture.folder.write(YAML, saying("v2"));
  await fixture.log.waitFor(/INFO executor0\/rep-0 the files are again as version \d+ was loaded from/, mark);
  assertEquals((await fixture.status()).deployments[0].lastError, null);
  await restarting.saved("v3");
  assertEquals(restarting.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});

probe(33, "`jtype` of a class that does not exist", async (fixture) => {
  const restarting = await Restarting.begin(fixture, { yaml: saying("v1") });
  const broken = yamlOf("Befor");
  const record = await restarting.breaks(
    {
      says: /\n\w+Error: Cannot find the Executor Befor\b.*; did you mean Before\?/,
      spot: { line: 1, column: 1 },
    },
    () => fixture.folder.write(YAML, broken),
  );
  assertMatch(record.message, /Before, After|After, Before/);
  await restarting.saved("v2");
  assertEquals(restarting.traffic.texts, ["v1", "v2"]);
  await fixture.assertNothingLost();
});

probe(33, "`jtype` of a class that does not exist, undone, then the source saved", async (fixture) => {
  const restarting = await Restarting.begin(fixture, { yaml: saying("v1"), add: { reload: true } });
  const mark = fixture.log.mark;
  await fixture.folder.write(YAML, yamlOf("Nobody"));
  await fixture.log.waitFor(/could not load the new version; version 1 keeps serving/, mark);
  await fixture.folder.write(YAML, saying("v1"));
  await fixture.log.waitFor(/the files are again as version 1 was loaded from/, mark);
  await Promise.all([
    restarting.traffic.text("v1, edited"),
    fixture.folder.write(MODULE, EXECUTORS.replace("this.text = text", 'this.text = text + ", edited"')),
  ]);
  assertEquals(restarting.traffic.texts, ["v1", "v1, edited"]);
  await fixture.assertNothingLost();
});

probe(34, "the constructor throws", async (fixture) => {
  const restarting = await Restarting.begin(fixture, { yaml: saying("v1") });
  await restarting.breaks(
    {
      says: /\nRangeError: no such model at \//,
      file: MODULE,
      spot: spotOf(EXECUTORS, "new RangeError"),
    },
    () => fixture.folder.write(YAML, yamlOf("After", { fail: true })),
  );
  await restarting.saved("v2");
  assertEquals(restarting.traffic.texts, ["v1", "v2"]);
  await fixture.assertNothingLost();
});

probe(34, "the constructor throws, its source is mended, the YAML saved again as it is", async (fixture) => {
  const restarting = await Restarting.begin(fixture, { yaml: saying("v1") });
  const broken = EXECUTORS.replace("if (fail)", 'if (text === "v2")');
  await fixture.folder.write(MODULE, broken);
  await restarting.breaks(
    { says: /\nRangeError: no such model at \//, file: MODULE, spot: spotOf(broken, "new RangeError") },
    () => fixture.folder.write(YAML, saying("v2")),
  );
  await fixture.folder.write(MODULE, EXECUTORS);
  await restarting.saved("v2");
  assertEquals(restarting.traffic.texts, ["v1", "v2"]);
  await fixture.assertNothingLost();
});

probe(35, "YAML emptied", async (fixture) => {
  const restarting = await Restarting.begin(fixture, { yaml: saying("v1") });
  await restarting.breaks(
    { says: /\nConfigError: the file is empty; expected `jtype: .+` at \//, spot: { line: 1, column: 1 } },
    () => fixture.folder.write(YAML, ""),
  );
  await restarting.saved("v2");
  const mark = fixture.log.mark;
  await fixture.folder.write(YAML, "# nothing but a comment\n");
  await fixture.log.waitFor(
    /ERROR .*could not load the new version; version \d+ keeps serving\n.*empty/,
    mark,
  );
  await restarting.saved("v3");
  assertEquals(restarting.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});

probe(36, "YAML deleted, later recreated", async (fixture) => {
  const restarting = await Restarting.begin(fixture, { yaml: saying("v1") });
  const gone = { says: /\nNotFound: the Executor's YAML does not exist at \// };
  const remove = () => Deno.remove(fixture.folder.at(YAML));
  await restarting.breaks(gone, remove);
  await restarting.saved("v2");

  await restarting.breaks(gone, remove);
  const mark = fixture.log.mark;
  await fixture.folder.write(YAML, saying("v2"));
  await fixture.log.waitFor(/INFO executor0\/rep-0 the files are again as version \d+ was loaded from/, mark);
  assertEquals((await fixture.status()).deployments[0].lastError, null);
  await restarting.only("v2");

  await restarting.breaks(gone, remove);
  await restarting.becomes("v3", () => fixture.folder.writeAtomic(YAML, saying("v3")));
  assertEquals(restarting.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});
