/** Many saves of a Flow's YAML, in every manner, under load. */
import { assertEquals, assertMatch } from "@std/assert";
import { ADDER, FLOW, flowOf, yamlTest } from "./_serving.ts";

/** What the Flow says at each save: its Executors come, go, change and change places. */
function executorsAt(save: number): string[] {
  const word = (name: string, every: number) =>
    `name: ${name}, uses_with: { word: ${Math.floor(save / every)} }`;
  const all = [word("a", 7), word("b", 1), ...(save % 3 === 0 ? ["name: c, replicas: 2"] : [])];
  return save % 2 === 0 ? all : [...all.slice(1), all[0]];
}

function answerAt(save: number): string {
  const said = executorsAt(save).map((keys) => {
    const [, name] = /name: (\w)/.exec(keys) ?? [];
    return `>${name}${/word: (\d+)/.exec(keys)?.[1] ?? ""}`;
  });
  return `x${said.join("")}`;
}

yamlTest(
  "fifty saves of the Flow's YAML under load lose nothing, and leave no worker or watch over",
  async (fixture) => {
    await fixture.folder.write(FLOW, flowOf(executorsAt(50)));
    await fixture.load(FLOW);
    const traffic = await fixture.traffic("/", 8);
    for (let save = 1; save <= 50; save++) {
      const text = flowOf(executorsAt(save));
      const manner = (["write", "writeAtomic", "writeLikeVim"] as const)[save % 3];
      await Promise.all([traffic.text(answerAt(save)), fixture.folder[manner](FLOW, text)]);
    }
    // Once one was answered, no older one is: each ends what it has, and nothing more.
    const order = traffic.texts.filter((text, at, all) => all.indexOf(text) === at);
    const said = Array.from({ length: 50 }, (_, save) => answerAt(save + 1));
    assertEquals(order.filter((text) => !said.includes(text)), []);
    assertEquals((await fixture.status()).lastError, null);
    assertEquals(fixture.log.count(/^(?:ERROR|WARNING)/), 0);
    await fixture.assertNothingLost();
  },
);

yamlTest("fifty saves in a row under load end with what was saved last", async (fixture) => {
  await fixture.folder.write(FLOW, flowOf(executorsAt(50)));
  await fixture.load(FLOW);
  const traffic = await fixture.traffic("/", 8);
  for (let save = 1; save <= 50; save++) {
    const text = flowOf(executorsAt(save));
    if (save % 5 === 0) await fixture.folder.write(FLOW, text.replace("jtype", "jtipe"));
    await (save % 2 === 0 ? fixture.folder.write(FLOW, text) : fixture.folder.writeAtomic(FLOW, text));
  }
  await traffic.text(answerAt(50));
  await fixture.log.waitFor(/INFO Flow (?:applied after|it describes again|no Executor in it)/);
  await traffic.round();
  await traffic.round();
  assertEquals(traffic.seen.at(-1)?.text, answerAt(50));
  await fixture.assertNothingLost();
});

yamlTest(
  "why a YAML cannot be applied is said once, until it is another reason or the YAML is saved",
  async (fixture) => {
    const { folder, log } = fixture;
    const broken = (message: string) =>
      `import "./shared.ts";\n${ADDER.replace("this.count = 0;", `throw new RangeError("${message}");`)}`;
    await folder.write("shared.ts", "export default 1;\n");
    await folder.write("broken.ts", broken("the first"));
    await folder.write(FLOW, flowOf(["name: a"]));
    await fixture.load(FLOW);
    const yaml = `${flowOf(["name: a"])}  - { uses: broken.ts, name: b }\n`;
    const said = async (name: string, text: string) => {
      const mark = log.mark;
      await folder.write(name, text);
      return (await log.waitFor(/ERROR Flow could not apply/, mark)).message;
    };
    assertMatch(
      await said(FLOW, yaml),
      /flow\.yml; the Flow keeps .*\nb could not be loaded: RangeError: the first/,
    );
    for (const value of [2, 3]) {
      const again = await said("shared.ts", `export default ${value};\n`);
      assertMatch(again, /flow\.yml for the same reason; the Flow keeps serving as before$/);
    }
    assertMatch(await said("broken.ts", broken("another")), /\nb could not be loaded: RangeError: another/);
    assertMatch(await said(FLOW, `${yaml}# saved\n`), /\nb could not be loaded: RangeError: another/);
    const mark = log.mark;
    await folder.write("broken.ts", ADDER);
    await log.waitFor(/applied after .*: added b/, mark);
  },
);
