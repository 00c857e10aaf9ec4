/** What the log says of mistakes in files besides the Executor's, and of handlers that fail. */
import { assertEquals, assertMatch } from "@std/assert";
import { FILE, Reloading, spotOf } from "../support/reloading.ts";
import { executorSource } from "../support/stand.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

reloadTest("an imported JSON file that is broken is named with its line and column", async (stand) => {
  await stand.folder.write("words.json", '{ "text": "v1" }');
  const source = `import words from "./words.json" with { type: "json" };\n${
    executorSource("").replace('""', "words.text")
  }`;
  const reloading = await Reloading.begin(stand, { files: { [FILE]: source } });
  await reloading.breaks(
    { says: /SyntaxError/, file: "words.json", spot: { line: 2, column: 3 } },
    () => stand.folder.write("words.json", '{\n  oops: "v2" }'),
  );
  await reloading.saved("v2", '{ "text": "v2" }', "words.json");
  assertEquals(reloading.traffic.texts, ["v1", "v2"]);
  await stand.unharmed();
});

reloadTest("a handler that throws leaves a line with the place", async (stand) => {
  const source = executorWith(`${answering("v1")}  @requests({ on: "/fail" })
  fail() { throw new RangeError("out of words"); }
`);
  await stand.folder.write(FILE, source);
  await stand.serve({ uses: FILE, reload: true });
  assertEquals((await stand.ask("/fail")).status, 500);
  const { line, column } = spotOf(source, "new RangeError");
  const { message } = await stand.log.waitFor(/ERROR executor0\/rep-0 \/fail failed/);
  assertMatch(
    message,
    new RegExp(`: RangeError: out of words at ${stand.folder.at(FILE)}:${line}:${column}$`),
  );
});
