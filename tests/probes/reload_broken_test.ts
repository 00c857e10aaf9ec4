/** Saves that cannot be loaded: the version before serves, the log says what and where, the next good save recovers. */
import { assertEquals } from "@std/assert";
import { FILE, Reloading, spotOf } from "../support/reloading.ts";
import { executorSource, probe } from "../support/flow_fixture.ts";

probe(1, "syntax error in the executor file", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  const broken = `${executorSource("broken")}\nclass {\n`;
  const spot = spotOf(broken, "{\n", broken.indexOf("class {"));
  await reloading.breaks(
    { says: /\nSyntaxError: .+ at \//, file: FILE, spot },
    () => fixture.folder.write(FILE, broken),
  );
  await reloading.saved("v2");
  const worse = executorSource("broken").replace("doc.text =", "doc.text = =");
  await reloading.breaks(
    { says: /\nSyntaxError: .+ at \//, file: FILE, spot: spotOf(worse, '= "broken"') },
    () => fixture.folder.write(FILE, worse),
  );
  await reloading.breaks(
    { says: /\nSyntaxError: .+ at \//, file: FILE, spot },
    () => fixture.folder.write(FILE, broken),
  );
  await reloading.saved("v3");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});

probe(2, "exception at module level", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  const broken = `interface Model {\n  name: string;\n}\n${executorSource("broken")}
const model: Model = { name: "x" };
if (model) throw new RangeError(\`no model \${model.name}\`);
`;
  await reloading.breaks(
    { says: /\nRangeError: no model x at /, file: FILE, spot: spotOf(broken, "new RangeError") },
    () => fixture.folder.write(FILE, broken),
  );
  await reloading.saved("v2");
  assertEquals(reloading.traffic.texts, ["v1", "v2"]);
  await fixture.assertNothingLost();
});

probe(3, "the new constructor throws", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  const broken = executorSource(
    "broken",
    "MyExecutor",
    `  constructor() {
    super();
    throw new TypeError("no model");
  }`,
  );
  await reloading.breaks(
    { says: /\nTypeError: no model at /, file: FILE, spot: spotOf(broken, "new TypeError") },
    () => fixture.folder.write(FILE, broken),
  );
  const asynchronous = executorSource(
    "broken",
    "MyExecutor",
    `  async setup() {
    await Promise.resolve();
    throw new TypeError("no index");
  }`,
  );
  await reloading.breaks(
    { says: /\nTypeError: no index at /, file: FILE, spot: spotOf(asynchronous, "new TypeError") },
    () => fixture.folder.write(FILE, asynchronous),
  );
  await reloading.saved("v2");
  assertEquals(reloading.traffic.texts, ["v1", "v2"]);
  await fixture.assertNothingLost();
});

probe(4, "the new constructor sets a field that a handler reads", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  const source = (text: string) =>
    executorSource("", "MyExecutor", `  constructor() { super(); this.field = ${JSON.stringify(text)}; }`)
      .replace('doc.text = ""', "doc.text = this.field.toUpperCase()");
  await reloading.saved("V2", source("v2"));
  await reloading.saved("V3", source("v3"));
  assertEquals(reloading.traffic.texts, ["v1", "V2", "V3"]);
  await fixture.assertNothingLost();
});

probe(7, "syntax error in the helper", async (fixture) => {
  const helper = (text: string) => `export const text = ${JSON.stringify(text)};\n`;
  const reloading = await Reloading.begin(fixture, {
    files: {
      "helper.ts": helper("v1"),
      [FILE]: `import { text } from "./helper.ts";\n${executorSource("").replace('""', "text")}`,
    },
  });
  const broken = `// The text\n${helper("broken")}export const = 5;\n`;
  await reloading.breaks(
    { says: /\nSyntaxError: .+ at \//, file: "helper.ts", spot: spotOf(broken, "= 5") },
    () => fixture.folder.write("helper.ts", broken),
  );
  const missing = 'export const texts = "broken";\n';
  await reloading.breaks(
    {
      says: /\nSyntaxError: .*does not provide an export named 'text' at /,
      file: FILE,
      spot: { line: 1, column: 10 },
    },
    () => fixture.folder.write("helper.ts", missing),
  );
  await reloading.saved("v2", helper("v2"), "helper.ts");
  assertEquals(reloading.traffic.texts, ["v1", "v2"]);
  await fixture.assertNothingLost();
});
