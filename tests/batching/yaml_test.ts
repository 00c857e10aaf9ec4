/** Batches that the Flow's YAML, the Executor's YAML or `add()` set, on a real Flow. */
import { assertEquals, assertRejects } from "@std/assert";
import { checkFlowYaml, Flow, LoadError } from "../../mod.ts";
import { bindingsOf } from "../../src/executor/bindings.ts";
import { Served } from "../flow/_serve.ts";
import { FlowFixture, PACKAGE } from "../support/flow_fixture.ts";
import { Latch } from "../support/latch.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Batches } from "./_batches.ts";

/** Says in its results how each endpoint is batched. */
const SOURCE = `import { Executor } from ${JSON.stringify(PACKAGE)};
export class Ex extends Executor {
  static requests = {
    "/embed": { method: "embed", batch: { size: 2, wait: 1 } },
    "/too": "embed",
    "/index": "index",
    "/stream": "stream",
    "/user": { method: "user", headers: ["authorization"] },
    default: "index",
  };
  async embed(docs, { requestIds }) {
    for (const { text } of docs) if (text !== "") await (await fetch(text)).text();
    for (const doc of docs) doc.text = String(requestIds.length);
  }
  index(docs, context) { return this.embed(docs, context); }
  *stream(docs) { yield* docs; }
  user() {}
}
`;

/** How many requests share a batch that is full, while another batch runs. */
async function shared(port: number, endpoint: string): Promise<number> {
  await using latch = new Latch();
  const ask = async (text = "") => {
    const response = await fetch(`http://127.0.0.1:${port}${endpoint}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ data: [{ text }] }),
    });
    return Number((await response.json()).data[0].text);
  };
  const running = ask(latch.url);
  await latch.reached();
  const waiting = Array.from({ length: 12 }, () => ask());
  const first = await Promise.race(waiting);
  latch.open();
  await Promise.all([running, ...waiting]);
  return first;
}

const flow = (keys: string) => `jtype: Flow\nexecutors:\n  - { uses: ex.ts, name: ex, ${keys} }\n`;

Deno.test("a Flow's YAML sets the batches of endpoints and handlers, and a save changes them", async () => {
  await using fixture = await FlowFixture.make();
  const { folder, log } = fixture;
  await folder.write("ex.ts", SOURCE);
  const options = (size: number) =>
    flow(`uses_dynamic_batching: { /embed: { preferred_batch_size: ${size}, timeout: 60000 } }`);
  await folder.write("flow.yml", options(1));
  await fixture.load("flow.yml");
  assertEquals([await shared(fixture.port, "/embed"), await shared(fixture.port, "/too")], [1, 1]);
  const mark = log.mark;
  await folder.write(
    "flow.yml",
    flow(
      "uses_dynamic_batching: { embed: { preferred_batch_size: 4 }, /embed: { preferred_batch_size: 3 } }",
    ),
  );
  const { message } = await log.waitFor(/INFO Flow applied after/, mark);
  assertEquals(message.replace(/^.* ms: /, ""), "re-configured ex (uses_dynamic_batching)");
  assertEquals([await shared(fixture.port, "/embed"), await shared(fixture.port, "/too")], [3, 4]);
  assertEquals(await shared(fixture.port, "/index"), 1);
});

Deno.test("an Executor's YAML sets batches, and a save of it changes them; add() overrides them", async () => {
  await using fixture = await FlowFixture.make();
  const { folder, log } = fixture;
  await folder.write("ex.ts", SOURCE);
  const yaml = (key: string, size: number) =>
    `jtype: Ex\nmodules: ex.ts\n${key}:\n  /too: { preferred_batch_size: ${size}, timeout: 60000 }\n  index: { preferred_batch_size: 3 }\n`;
  await folder.write("ex.yml", yaml("uses_dynamic_batching", 2));
  await fixture.serve({
    uses: "ex.yml",
    restart: true,
    usesDynamicBatching: { index: { size: 4, wait: 60_000 } },
  });
  const both = async () => [await shared(fixture.port, "/too"), await shared(fixture.port, "/index")];
  assertEquals(await both(), [2, 4]);
  const mark = log.mark;
  await folder.write("ex.yml", yaml("dynamic_batching", 3));
  await log.waitFor(/version 2 serves/, mark);
  assertEquals(await both(), [3, 4]);
});

Deno.test("bindingsOf() overrides the batches of endpoints before those of handlers", () => {
  const [one, two] = [{ size: 1, wait: 1 }, { size: 2, wait: 2 }];
  const bindings = bindingsOf(Batches, { "/hold": one, hold: two, others: one });
  const batches = ["/hold", "/hold-too", "default", "/seen"].map((endpoint) => bindings.get(endpoint)?.batch);
  assertEquals(batches, [one, two, one, undefined]);
  assertEquals(bindingsOf(Batches, { "/default": two }).get("default")?.batch, two);
  assertEquals(bindingsOf(Batches).get("/hold-too")?.batch, { size: 8, wait: 60_000 });
});

Deno.test("a batch of what the class does not have, or cannot batch, fails the load", async () => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("ex.ts", SOURCE);
  for (
    const [key, message] of [
      [
        "/embedd",
        'Cannot batch the requests of "/embedd" in `uses_dynamic_batching`: expected an endpoint or a handler of Ex, such as "/embed"',
      ],
      ["constructor", 'Cannot batch the requests of "constructor" in `uses_dynamic_batching`'],
      ["stream", "its handler is a generator"],
      ["/user", "Cannot use headers together with batch in Ex.user"],
    ]
  ) {
    const options = { uses, usesDynamicBatching: { [key]: { size: 2, wait: 1 } } };
    await assertRejects(() => Served.start(options), LoadError, message);
  }
});

/** The error of a Flow's YAML that is valid, but whose Executor cannot be loaded. */
async function loadError(path: string): Promise<LoadError> {
  await using flow = await Flow.load(path, { port: 0, log: () => {} });
  return await assertRejects(() => flow.start(), LoadError);
}

for (
  const [key, reason] of [
    ["/embedd", "expected an endpoint or a handler of Ex"],
    ["stream", "its handler is a generator"],
    ["/user", "Cannot use headers together with batch"],
  ]
) {
  const batch = `${key}: { preferred_batch_size: 2 }`;
  const placed = async (folder: TempFolder, file: string) => {
    const { message, place, info } = await loadError(folder.at("flow.yml"));
    assertEquals(message.includes(reason), true, message);
    const text = await Deno.readTextFile(folder.at(file));
    const line = text.split("\n").findIndex((line) => line.includes(key)) + 1;
    const column = text.split("\n")[line - 1].indexOf(key) + 1;
    assertEquals(place, { file: folder.at(file), line, column });
    assertEquals(info.snippet?.includes(batch), true, info.snippet);
    return info;
  };

  Deno.test(`a batch of ${key}, which the class cannot have, has its place in the Flow's YAML`, async () => {
    await using folder = await TempFolder.make();
    await folder.write("ex.ts", SOURCE);
    const batches = `uses_dynamic_batching: { /too: { preferred_batch_size: 1 }, ${batch} }`;
    for (const uses of ["ex.ts", "{ jtype: Ex, modules: ex.ts }"]) {
      await folder.write("flow.yml", `jtype: Flow\nexecutors:\n  - uses: ${uses}\n    ${batches}\n`);
      await placed(folder, "flow.yml");
    }
    await folder.write(
      "flow.yml",
      `jtype: Flow\nexecutors:\n  - uses:\n      jtype: Ex\n      modules: ex.ts\n      ${batches}\n`,
    );
    await placed(folder, "flow.yml");
  });

  Deno.test(`a batch of ${key}, which the class cannot have, has its place in the Executor's YAML`, async () => {
    await using folder = await TempFolder.make();
    await folder.write("ex.ts", SOURCE);
    await folder.write("flow.yml", flow("").replace("ex.ts", "ex.yml"));
    for (const name of ["uses_dynamic_batching", "dynamic_batching"]) {
      await folder.write(
        "ex.yml",
        `jtype: Ex\nmodules: ex.ts\n${name}:\n  /too: { preferred_batch_size: 1 }\n  ${batch}\n`,
      );
      await placed(folder, "ex.yml");
    }
  });
}

Deno.test("a batch that add() overrides has no place in the Executor's YAML", async () => {
  await using folder = await TempFolder.make();
  await folder.write("ex.ts", SOURCE);
  const uses = await folder.write(
    "ex.yml",
    "jtype: Ex\nmodules: ex.ts\ndynamic_batching:\n  /x: { preferred_batch_size: 1 }\n",
  );
  const usesDynamicBatching = { "/x": { size: 2, wait: 1 } };
  const error = await assertRejects(() => Served.start({ uses, usesDynamicBatching }), LoadError);
  assertEquals(error.place?.file, folder.at("ex.ts"));
});

Deno.test("what surrounds a batch that is wrong is shown without the values of env", async () => {
  await using folder = await TempFolder.make();
  await folder.write("ex.ts", SOURCE);
  const env = "    isolation: process\n    env: { KEY: secret }\n";
  const yaml = flow("").replace("- { uses: ex.ts, name: ex,  }", "- uses: ex.ts");
  await folder.write(
    "flow.yml",
    `${yaml}${env}    uses_dynamic_batching: { /x: { preferred_batch_size: 1 } }\n`,
  );
  const { info: { snippet } } = await loadError(folder.at("flow.yml"));
  assertEquals([snippet?.includes("env: …"), snippet?.includes("secret")], [true, false]);
});

Deno.test("a save that batches what is not there is logged with its place, in both YAML files", async () => {
  await using fixture = await FlowFixture.make();
  const { folder, log } = fixture;
  await folder.write("ex.ts", SOURCE);
  const ofFlow = (key: string) => flow(`uses_dynamic_batching: { ${key}: { preferred_batch_size: 2 } }`);
  const ofExecutor = (key: string) =>
    `jtype: Ex\nmodules: ex.ts\ndynamic_batching:\n  ${key}: { preferred_batch_size: 2 }\n`;
  await folder.write("flow.yml", ofFlow("/embed").replace("ex.ts", "ex.yml"));
  await folder.write("ex.yml", ofExecutor("/embed"));
  await fixture.load("flow.yml");
  await folder.write("ex.yml", ofExecutor("/embedd"));
  const refused = await log.waitFor(/could not load the new version/);
  assertEquals(refused.message.includes(`${folder.at("ex.yml")}:4:3`), true, refused.message);
  await folder.write("ex.yml", ofExecutor("/embed"));
  const mark = log.mark;
  await folder.write("flow.yml", ofFlow("/embedd").replace("ex.ts", "ex.yml"));
  const { message } = await log.waitFor(/could not apply/, mark);
  assertEquals(message.includes(`${folder.at("flow.yml")}:3:56`), true, message);
  assertEquals((await fixture.ask("/embed", "")).status, 200);
});

Deno.test("usesDynamicBatching is checked when it is given", () => {
  const add = (usesDynamicBatching: unknown) => () =>
    new Flow().add({ uses: "ex.ts", usesDynamicBatching } as never);
  for (
    const [value, message] of [
      [5, 'expected an object such as { "/embed": { size: 32, wait: 10 } }'],
      [{ "/x": { size: 0, wait: 1 } }, 'of "/x", the size is 0; expected a whole number of at least 1'],
      [{ "/x": { size: 1 } }, 'of "/x", wait is undefined; expected milliseconds from 0 to 60000'],
      [{ "/x": { preferred_batch_size: 1 } }, '"preferred_batch_size" is unknown'],
      [{ "/x": null }, 'of "/x", null is no batch; expected batch: { size: 32, wait: 10 }'],
    ] as const
  ) {
    const error = (() => {
      try {
        add(value)();
      } catch (error) {
        return error as Error;
      }
    })();
    assertEquals([error?.name, error?.message.includes(message)], ["TypeError", true], error?.message);
  }
});

Deno.test("checkFlowYaml() and an Executor's YAML name the place of a batch that is wrong", async () => {
  await using folder = await TempFolder.make();
  await folder.write("ex.ts", SOURCE);
  const said = async (yaml: string) =>
    (await checkFlowYaml(await folder.write("flow.yml", yaml))).map((
      { message, place: { file, line, column } },
    ) => `${file.slice(folder.path.length + 1)} ${line}:${column} ${message}`);
  const lines = (...lines: string[]) =>
    `jtype: Flow\nexecutors:\n  - uses: ex.ts\n    uses_dynamic_batching:\n${
      lines.map((line) => `      ${line}\n`).join("")
    }`;
  const at = "executors[0].uses_dynamic_batching";
  assertEquals(
    await said(
      lines("/embed: { preferred_batch_size: 32, timeout: 10 }", "embed: { preferred_batch_size: 1 }"),
    ),
    [],
  );
  assertEquals(await said(flow("uses_dynamic_batching: ")), []);
  assertEquals(await said(lines("/x:", "  preferred_batch_size: 1.5", "  timeout: 1")), [
    `flow.yml 6:9 \`${at}./x.preferred_batch_size\` has to be a whole number of at least 1, not 1.5`,
  ]);
  assertEquals(
    await said(lines("/a: { preferred_batch_size: 1 }", "/x:", "  preferred_batch_size: 1", "  timeout: $T")),
    [
      `flow.yml 8:9 \`${at}./x.timeout\` has to be milliseconds from 0 to 60000, not "$T"; ` +
      "an environment variable is written `${{ ENV.NAME }}`",
    ],
  );
  assertEquals(await said(lines("/x: { timeout: 1 }")), [
    `flow.yml 5:7 \`${at}./x\`: \`preferred_batch_size\` is missing; expected \`preferred_batch_size\` and \`timeout\``,
  ]);
  assertEquals(await said(lines("/x:", "  preferred_batch_size: 1", "  flush_all: true")), [
    `flow.yml 7:9 \`${at}./x.flush_all\`: unknown key; expected \`preferred_batch_size\` and \`timeout\``,
  ]);
  assertEquals(await said(lines("/x: 32")), [
    `flow.yml 5:7 \`${at}./x\` has to be a mapping, such as { preferred_batch_size: 32, timeout: 10 }, not 32`,
  ]);
  assertEquals(await said(flow("uses_dynamic_batching: [1]")), [
    `flow.yml 3:30 \`${at}\` has to be a mapping, such as { /embed: { preferred_batch_size: 32, timeout: 10 } }, not [1]`,
  ]);
  await folder.write(
    "ex.yml",
    "jtype: Ex\nmodules: ex.ts\ndynamic_batching:\n  /x: { preferred_batch_size: no }\n",
  );
  assertEquals(await said("jtype: Flow\nexecutors: [{ uses: ex.yml }]\n"), [
    'ex.yml 4:9 `dynamic_batching./x.preferred_batch_size` has to be a whole number of at least 1, not "no"',
  ]);
});
