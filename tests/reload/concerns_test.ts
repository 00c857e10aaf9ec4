/** Which save concerns which Executor of a folder. */
import { assertEquals } from "@std/assert";
import { type FlowFixture, PACKAGE } from "../support/flow_fixture.ts";
import { reloadTest } from "./_serving.ts";

const text = (value: string) => `export const text = ${JSON.stringify(value)};\n`;
/** An Executor that adds its word, and how often it was called since it was made. */
const counting = (name: string, word: string, more = "") =>
  `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
${more}
export class ${name} extends Executor {
  count = 0;
  @requests()
  foo(docs) { this.count++; for (const doc of docs) doc.text += " ${word}" + this.count; }
}
`;

/** The versions that serve. */
async function versions(fixture: FlowFixture): Promise<(number | null)[]> {
  return (await fixture.status()).deployments.map(({ version }) => version);
}

/** Saves, and waits for these versions; the other Executors have nothing to say. */
async function saves(fixture: FlowFixture, file: string, content: string, expected: number[]): Promise<void> {
  const { folder, log } = fixture;
  const mark = log.mark;
  const before = await versions(fixture);
  await folder.write(file, content);
  for (const [at, version] of expected.entries()) {
    if (version === before[at]) continue;
    await log.waitFor(new RegExp(`INFO executor${at}/rep-0 version ${version} serves`), mark);
  }
  await quiet(fixture);
  assertEquals(await versions(fixture), expected);
  for (const [at, version] of expected.entries()) {
    const lines = log.count(new RegExp(` executor${at}/`), mark);
    assertEquals(lines, version === before[at] ? 0 : 2, `lines of executor${at}`);
  }
}

/** Waits until all saves so far were looked at. */
async function quiet({ folder, log }: FlowFixture): Promise<void> {
  const mark = log.mark;
  await folder.write("deno.json", `{ "name": "${crypto.randomUUID()}" }`);
  await log.waitFor(/deno.json has changed: restart the process/, mark);
}

reloadTest("three Executors in one folder: a save concerns those that import the file", async (fixture) => {
  const { folder } = fixture;
  await folder.write("a.ts", counting("A", "a", 'import "./shared.ts";'));
  await folder.write("b.ts", counting("B", "b", 'import "./shared.ts"; import "./only_b.ts";'));
  await folder.write("c.ts", counting("C", "c"));
  await folder.write("shared.ts", text("1"));
  await folder.write("only_b.ts", text("1"));
  await folder.write("orphan.ts", text("1"));
  const of = (uses: string) => ({ uses, reload: true });
  await fixture.serve([of("a.ts"), of("b.ts"), of("c.ts")]);
  assertEquals((await fixture.ask()).text, "x a1 b1 c1");
  await saves(fixture, "a.ts", counting("A", "A", 'import "./shared.ts";'), [2, 1, 1]);
  assertEquals((await fixture.ask()).text, "x A1 b2 c2");
  await saves(fixture, "only_b.ts", text("2"), [2, 2, 1]);
  await saves(fixture, "shared.ts", text("2"), [3, 3, 1]);
  assertEquals((await fixture.ask()).text, "x A1 b1 c3");
  // What no Executor imports counts for all of them; so does a new file.
  await saves(fixture, "orphan.ts", text("2"), [4, 4, 2]);
  await saves(fixture, "new.ts", text("1"), [5, 5, 3]);
  // It belongs to C alone as soon as C imports it, and to nobody in particular when it no longer does.
  await saves(fixture, "c.ts", counting("C", "c", 'import "./new.ts";'), [5, 5, 4]);
  await saves(fixture, "new.ts", text("2"), [5, 5, 5]);
  await saves(fixture, "c.ts", counting("C", "c"), [5, 5, 6]);
  await saves(fixture, "new.ts", text("3"), [6, 6, 7]);
  await Deno.remove(folder.at("only_b.ts"));
  await fixture.log.waitFor(/ERROR executor1\/rep-0 could not load the new version/);
  await quiet(fixture);
  assertEquals(await versions(fixture), [6, 6, 7]);
});

reloadTest("tests concern no Executor that does not import them", async (fixture) => {
  const { folder } = fixture;
  await folder.write("a.ts", counting("A", "a", 'import "./helper.test.ts";'));
  await folder.write("b.ts", counting("B", "b"));
  await folder.write("helper.test.ts", text("1"));
  await folder.write("a_test.ts", text("1"));
  await fixture.serve([{ uses: "a.ts", reload: true }, { uses: "b.ts", reload: true }]);
  await saves(fixture, "a_test.ts", text("2"), [1, 1]);
  await saves(fixture, "new.spec.ts", text("2"), [1, 1]);
  await saves(fixture, "deep/new.test.tsx", text("2"), [1, 1]);
  await saves(fixture, "helper.test.ts", text("2"), [2, 1]);
});

reloadTest(
  "an Executor that is not reloaded has files of its own as well, and so have `modules`",
  async (fixture) => {
    const { folder } = fixture;
    await folder.write("a.ts", counting("A", "a", 'import "./only_a.ts";'));
    await folder.write("b.ts", counting("B", "b"));
    await folder.write("only_a.ts", text("1"));
    await folder.write("extra.ts", text("1"));
    await fixture.serve([
      { uses: "a.ts", reload: false },
      { uses: "b.ts", reload: true },
      { uses: "b.ts", reload: true, modules: ["extra.ts"] },
    ]);
    await saves(fixture, "only_a.ts", text("2"), [1, 1, 1]);
    await saves(fixture, "a.ts", counting("A", "A"), [1, 1, 1]);
    await saves(fixture, "extra.ts", text("2"), [1, 1, 2]);
    await saves(fixture, "b.ts", counting("B", "B"), [1, 2, 3]);
  },
);

reloadTest("any file of the folder concerns an Executor whose load failed", async (fixture) => {
  const { folder, log } = fixture;
  await folder.write("a.ts", counting("A", "a", 'import { text } from "./b_help.ts"; text.length;'));
  await folder.write("b.ts", counting("B", "b", 'import "./b_help.ts";'));
  await folder.write("b_help.ts", "export {};\n");
  await fixture.serve([{ uses: "a.ts", reload: true }, { uses: "b.ts", reload: true }]);
  await log.waitFor(/ERROR executor0\/rep-0 could not be loaded/);
  const mark = log.mark;
  await folder.write("b_help.ts", text("1"));
  await log.waitFor(/INFO executor0\/rep-0 version \d serves/, mark);
  assertEquals((await fixture.ask()).text, "x a1 b1");
});
