/** What a Flow that is loaded from YAML does. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Flow, type LoadOptions } from "../../mod.ts";
import { FLOW, flowOf, saved, yamlTest } from "./_serving.ts";
import { readFlowYaml } from "../../src/flow_yaml/read_flow_yaml.ts";
import { awaitSnapshot, takeSnapshot } from "../support/resource_snapshot.ts";
import type { FlowFixture } from "../support/flow_fixture.ts";

/** Loads what a YAML says, starts it, and asks it once; nothing of it is left for the next test to count. */
async function answerOf(
  fixture: FlowFixture,
  yaml: string,
  options: LoadOptions = {},
  prepare: (flow: Flow) => unknown = () => {},
): Promise<string> {
  const before = takeSnapshot();
  const path = await fixture.folder.write(FLOW, yaml);
  const flow = await Flow.load(path, { port: 0, log: fixture.log.sink, ...options });
  prepare(flow);
  await flow.start();
  await fixture.folder.write(FLOW, flowOf(["name: other"]));
  const [{ text = "" }] = await flow.post("/", { text: "x" });
  await flow.close();
  await awaitSnapshot(before);
  return text;
}

yamlTest(
  "Flow.load() takes modules, classes by their name, YAML files and inline Executors, relative to the YAML",
  async (fixture) => {
    await fixture.folder.write(
      "yamls/adder.yml",
      "jtype: Adder\nwith: { word: 3 }\nmodules: ../adder/adder.ts\n",
    );
    const yaml = `
jtype: Flow
executors:
  - { uses: adder/adder.ts, uses_with: { word: 1 } }
  - { uses: "./adder/adder.ts#Adder", uses_with: { word: 2 } }
  - { uses: yamls/adder.yml }
  - { uses: yamls/adder.yml, uses_with: { word: 4 } }
  - { uses: Adder, py_modules: [adder/adder.ts], uses_with: { word: 5 } }
  - { uses: { jtype: Adder, with: { word: 6 }, py_modules: adder/adder.ts } }
`;
    const expected = [1, 2, 3, 4, 5, 6].map((word, index) => `>executor${index}${word}`).join("");
    assertEquals(await answerOf(fixture, yaml), `x${expected}`);
  },
);

yamlTest(
  "Flow.load() puts in what expressions stand for, and options given take the place of the file's",
  async (fixture) => {
    const yaml = `
jtype: Flow
with: { port: 1, host: 192.0.2.1, timeout: 5000 }
executors:
  - { uses: adder/adder.ts, name: a, uses_with: { word: "-\${{ root.with.timeout }}-\${{root.executors[0].name}}" } }
`;
    assertEquals(await answerOf(fixture, yaml, { host: "127.0.0.1" }), "x>a-5000-a");
  },
);

yamlTest(
  "Flow.load() joins branches with needs and with needs_all, with and without an Executor",
  async (fixture) => {
    const split = ["name: a", "name: b, needs: gateway"];
    const plot = async (yaml: string) => (await Flow.load(await fixture.folder.write(FLOW, yaml))).plot();
    const all = await plot(flowOf([...split, "name: c, method: needs_all"]));
    assertEquals(all, await plot(flowOf([...split, "name: c, needs: [a, b]"])));
    const bare = await plot(flowOf(split) + "  - method: needs_all\n");
    assertMatch(bare, /e0 --> answer\n {2}e1 --> answer$/);
  },
);

yamlTest("with reload, Executors are reloaded and restarted unless they say otherwise", async (fixture) => {
  const { folder, log } = fixture;
  await folder.write("yamls/adder.yml", "jtype: Adder\nwith: { word: 1 }\nmodules: ../adder/adder.ts\n");
  await folder.write(
    FLOW,
    flowOf(["name: still, reload: false"]) + "  - { uses: yamls/adder.yml, name: live }\n",
  );
  await fixture.load(FLOW);
  const traffic = await fixture.traffic();
  await folder.write("yamls/adder.yml", "jtype: Adder\nwith: { word: 2 }\nmodules: ../adder/adder.ts\n");
  await traffic.text("x>still>live2");
  const source = await Deno.readTextFile(folder.at("adder/adder.ts"));
  await folder.write("adder/adder.ts", source.replace('">"', '"+"'));
  await traffic.text("x>still+live2");
  assertEquals(log.count(/still\/rep-0 detected/), 0);
  await fixture.assertNothingLost();
});

yamlTest(
  "reload says how an Executor is reloaded, with.reload how those that do not say so",
  async (fixture) => {
    const items = ["name: a", "name: b, reload: true", "name: c, reload: fresh", "name: d, reload: false"];
    const modes = async (options: string, reload?: LoadOptions["reload"]) => {
      const path = await fixture.folder.write(FLOW, flowOf(items, options));
      const { yaml } = await readFlowYaml(path, reload === undefined ? {} : { reload });
      return [yaml?.reload, ...yaml?.builder.executors.map(({ reload }) => reload) ?? []];
    };
    assertEquals(await modes("{ reload: in-place }"), ["in-place", "in-place", true, "fresh", false]);
    assertEquals(await modes("{ reload: in-place }", "fresh"), ["fresh", "fresh", true, "fresh", false]);
    assertEquals(await modes("{ reload: in-place }", true), [true, true, true, "fresh", false]);
    assertEquals(await modes("{ reload: in-place }", false), [false, false, false, false, false]);
    assertEquals(await modes("{}"), [false, false, true, "fresh", false]);
  },
);

yamlTest("with reload: false, nothing is followed, whatever the YAML says", async (fixture) => {
  await fixture.folder.write(FLOW, flowOf(["name: a, reload: true"], "{ reload: true }"));
  await fixture.load(FLOW, { reload: false });
  assertEquals((await fixture.status()).lastError, undefined);
  await fixture.folder.write(FLOW, flowOf(["name: b"]));
  await fixture.folder.write("adder/adder.ts", "broken(");
  assertEquals((await fixture.ask()).text, "x>a");
  assertEquals(fixture.log.count(/observed|detected/), 0);
});

yamlTest(
  "without reload, a save of the YAML changes nothing, and code may add Executors",
  async (fixture) => {
    const adder = fixture.folder.at("adder/adder.ts");
    const more = (flow: Flow) => flow.add({ uses: adder, name: "b" });
    assertEquals(await answerOf(fixture, flowOf(["name: a"]), {}, more), "x>a>b");
    const path = fixture.folder.at(FLOW);
    const followed = await Flow.load(path, { reload: true });
    await assertRejects(
      async () => await followed.add({ uses: "adder.ts" }).start(),
      Error,
      `add it to ${path}`,
    );
  },
);

yamlTest(
  "a Flow's YAML behind a symbolic link is followed, wherever the link leads by then",
  async (fixture) => {
    const { folder } = fixture;
    await folder.write("adder.ts", 'export { Adder } from "./adder/adder.ts";\n');
    await folder.write("one/flow.yml", flowOf(["name: a"]));
    await folder.write("two/flow.yml", flowOf(["name: b"]));
    await Deno.symlink(folder.at("one/flow.yml"), folder.at(FLOW));
    await fixture.load(FLOW);
    await fixture.traffic();
    const mark = fixture.log.mark;
    await folder.write("one/flow.yml", flowOf(["name: a", "name: c"]));
    await fixture.log.waitFor(/applied after .*: added c/, mark);
    await Deno.symlink(folder.at("two/flow.yml"), folder.at("next"));
    await Deno.rename(folder.at("next"), folder.at(FLOW));
    await fixture.log.waitFor(/applied after .*: added b; removed a; removed c/, mark);
    assertEquals((await fixture.ask()).text, "x>b");
    await Deno.remove(folder.at(FLOW));
    await saved(fixture, flowOf(["name: d"]), "x>d");
  },
);
