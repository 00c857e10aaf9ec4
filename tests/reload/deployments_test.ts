/** Several deployments, and several replicas of one. */
import { assertEquals } from "@std/assert";
import { EXECUTORS, MODULE, saying, YAML } from "../support/restarting.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { reloadTest } from "./_serving.ts";

const shared = (text: string) => `export const text = ${JSON.stringify(text)};\n`;
/** Appends to what the Executors before it said. */
const appending = (own: string) =>
  `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
import { text } from "../shared/text.ts";
export class Appending extends Executor {
  @requests()
  foo(docs) { for (const doc of docs) doc.text += " ${own}-" + text; }
}
`;

reloadTest("a file of two deployments reloads both, a file of one only that one", async (fixture) => {
  const { folder, log } = fixture;
  await folder.write("shared/text.ts", shared("v1"));
  await folder.write("a/executor.ts", appending("a"));
  await folder.write("b/executor.ts", appending("b"));
  await fixture.serve([{ uses: "a/executor.ts", reload: true }, { uses: "b/executor.ts", reload: true }]);
  const traffic = await fixture.traffic();
  const versions = async () => (await fixture.status()).deployments.map(({ version }) => version);
  assertEquals(traffic.texts, ["x a-v1 b-v1"]);

  let mark = log.mark;
  await Promise.all([traffic.text("x a-v2 b-v2"), folder.write("shared/text.ts", shared("v2"))]);
  for (const name of ["executor0", "executor1"]) {
    const { message } = await log.waitFor(new RegExp(`INFO ${name}/rep-0 detected changes`), mark);
    assertEquals(message, `detected changes in: ['${folder.at("shared/text.ts")}']. Refreshing the Executor`);
    await log.waitFor(new RegExp(`INFO ${name}/rep-0 version 2 serves`), mark);
  }
  assertEquals(await versions(), [2, 2]);

  mark = log.mark;
  await Promise.all([traffic.text("x A-v2 b-v2"), folder.write("a/executor.ts", appending("A"))]);
  await log.waitFor(/INFO executor0\/rep-0 version 3 serves/, mark);
  await Promise.all([traffic.text("x A-v2 B-v2"), folder.write("b/executor.ts", appending("B"))]);
  await log.waitFor(/INFO executor1\/rep-0 version 3 serves/, mark);
  assertEquals(log.count(/detected changes/, mark), 2);
  assertEquals(await versions(), [3, 3]);

  // Broken for both: both serve on, and both recover.
  mark = log.mark;
  await folder.write("shared/text.ts", "export const = 5;\n");
  for (const name of ["executor0", "executor1"]) {
    await log.waitFor(
      new RegExp(`ERROR ${name}/rep-0 could not load the new version; version 3 keeps`),
      mark,
    );
  }
  await traffic.round();
  await Promise.all([traffic.text("x A-v4 B-v4"), folder.write("shared/text.ts", shared("v4"))]);
  await fixture.assertNothingLost();
});

reloadTest("two deployments with the same YAML: both restart", async (fixture) => {
  const { folder, log } = fixture;
  const source = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Before extends Executor {
  constructor({ text }) { super(); this.text = text; }
  @requests()
  foo(docs) { for (const doc of docs) doc.text += " " + this.runtime.deployment + ":" + this.text; }
}
`;
  await folder.write(MODULE, source);
  await folder.write(YAML, saying("v1"));
  await fixture.serve([{ uses: YAML, restart: true, name: "one" }, {
    uses: YAML,
    restart: true,
    name: "two",
  }]);
  const traffic = await fixture.traffic();
  assertEquals(traffic.texts, ["x one:v1 two:v1"]);
  for (const version of [2, 3]) {
    const mark = log.mark;
    await Promise.all([
      traffic.text(`x one:v${version} two:v${version}`),
      folder.write(YAML, saying(`v${version}`)),
    ]);
    await log.waitFor(new RegExp(`INFO one/rep-0 version ${version} serves`), mark);
    await log.waitFor(new RegExp(`INFO two/rep-0 version ${version} serves`), mark);
    assertEquals(log.count(/INFO Flow change in Executor configuration YAML/, mark), 2);
  }
  await fixture.assertNothingLost();
});

reloadTest(
  "three replicas over reloads and restarts: all of them are new, and none is left over",
  async (fixture) => {
    const { folder, log } = fixture;
    await folder.write(MODULE, EXECUTORS);
    await folder.write(YAML, saying("v1"));
    await fixture.serve({ uses: YAML, reload: true, restart: true, replicas: 3 });
    const traffic = await fixture.traffic("/replica", 8);
    const all = (text: string) => Promise.all([0, 1, 2].map((replica) => traffic.text(`${text} ${replica}`)));
    await all("v1");
    const edited = EXECUTORS.replace("this.text = text", 'this.text = text + " edited"');
    const saves: [string, string, string][] = [
      ["v1 edited", MODULE, edited],
      ["v2 edited", YAML, saying("v2")],
      ["v2", MODULE, EXECUTORS],
      ["v3", YAML, saying("v3")],
    ];
    for (const [text, name, content] of saves) {
      const mark = log.mark;
      await Promise.all([all(text), folder.write(name, content)]);
      await log.waitFor(/version \d serves/, mark);
      await traffic.round();
      const from = traffic.seen.length;
      await traffic.round();
      const others = traffic.seen.slice(from).filter((seen) =>
        !/^\S+( edited)? \d$/.test(seen.text) || seen.text.slice(0, -2) !== text
      );
      assertEquals(others.map(({ text }) => text), []);
      const { replicas, versions } = (await fixture.status()).deployments[0];
      assertEquals([replicas, versions.length], [3, 1]);
    }
    // One replica that cannot load makes none of them new.
    const mark = log.mark;
    await folder.write(
      MODULE,
      EXECUTORS.replace("super();", 'super(); if (this.runtime.replica === 2) throw new Error("not me");'),
    );
    await log.waitFor(
      /ERROR executor0\/rep-0 could not load the new version; version 5 keeps serving\nError: not me/,
      mark,
    );
    await traffic.round();
    await all("v3");
    await fixture.assertNothingLost();
  },
);
