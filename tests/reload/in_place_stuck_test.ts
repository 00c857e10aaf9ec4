/** Reloading in place: workers that never yield or end. In processes of their own: Deno cannot end such a thread. */
import { assertEquals, assertMatch } from "@std/assert";
import { FlowProcess, flowScript } from "../support/process.ts";
import { FILE } from "../support/reloading.ts";
import { target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { executorWith, saying } from "./_serving.ts";

const SPIN = "for (;;);";
const END_MS = 5_000;

interface Running {
  readonly folder: TempFolder;
  readonly running: FlowProcess;
}

function test(
  name: string,
  run: (running: Running) => Promise<void>,
  options: object = {},
  more: object = {},
): void {
  Deno.test({
    name: `in place: ${name}`,
    ignore: target.name === "bun",
    async fn() {
      await using folder = await TempFolder.make();
      await folder.write("help.ts", 'export const help = "help";\n');
      await folder.write(FILE, serving("v1"));
      const script = flowScript({ uses: folder.at(FILE), reload: "in-place", ...more }, {
        stuckAfter: 300,
        closeTimeout: 500,
        ...options,
      });
      await using running = await FlowProcess.serve(folder, script);
      assertEquals((await running.ask()).text, "v1 help 1");
      await run({ folder, running });
      running.signal("SIGTERM");
      assertEquals(await running.exited(END_MS), 0);
    },
  });
}

const serving = (text: string, top = "") =>
  executorWith(
    `${saying(`"${text} " + help + " " + ++globalThis.asked`)}
  static requests = { default: "foo", "/spin": "spin", "/exit": "exit", "/late": "late" };
  late() {
    console.error("it waits");
    return new Promise((resolve) => globalThis.late = resolve).then(() => { ${SPIN} });
  }
  spin() { ${SPIN} }
  async exit() { (await import("node:process")).default.exit(1); }`,
    `import { help } from "./help.ts";\nglobalThis.asked ??= 0;\n${top}`,
  );

/** Asks until it is answered with 200. */
async function answer(running: FlowProcess): Promise<string> {
  for (const deadline = Date.now() + 8_000;;) {
    const { status, text, body } = await running.ask();
    if (status === 200) return text;
    if (Date.now() > deadline) {
      throw new Error(`It does not come back: ${status} ${body}\n${running.log.lines.join("\n")}`);
    }
  }
}

test("an endless loop at the top level: the serving version comes back in a fresh worker, the next good save serves", async ({ folder, running }) => {
  await folder.write(FILE, serving("v2", SPIN));
  await running.log.waitFor(/ERROR .* could not load the new version; version 1 keeps serving/);
  assertEquals(await answer(running), "v1 help 1");
  assertEquals((await running.ask()).text, "v1 help 2");
  const mark = running.log.mark;
  await folder.write(FILE, serving("v3"));
  await running.log.waitFor(/INFO .* version \d serves after .*\(in place\)/, mark);
  assertEquals((await running.ask()).text, "v3 help 3");
});

test("an endless loop in an import, and requests all the while", async ({ folder, running }) => {
  await folder.write(FILE, serving("v2"));
  await running.log.waitFor(/version 2 serves/);
  let isOver = false;
  const asking = (async () => {
    const statuses = new Set<number>();
    while (!isOver) statuses.add((await running.ask()).status);
    return statuses;
  })();
  // A test that fails before it waits for them ends the Flow.
  asking.catch(() => {});
  await folder.write("help.ts", `export const help = "gone";\n${SPIN}\n`);
  await running.log.waitFor(/ERROR .* could not load the new version; version 2 keeps serving/);
  assertMatch(await answer(running), /^v2 help \d+$/);
  await folder.write("help.ts", 'export const help = "fixed";\n');
  await running.log.waitFor(/version [34] serves/);
  assertMatch(await answer(running), /^v2 fixed \d+$/);
  isOver = true;
  // Those in the worker that did not yield got 503.
  for (const status of await asking) assertEquals([200, 503].includes(status), true, `${status}`);
});

test("an endless loop at the top level, then another broken file: the version that served comes back", async ({ folder, running }) => {
  await folder.write(FILE, serving("v2", SPIN));
  await running.log.waitFor(/keeps serving/);
  const mark = running.log.mark;
  await folder.write("help.ts", "export const help = (;\n");
  await running.log.waitFor(/ERROR .* could not load the new version; version 1 keeps serving/, mark);
  assertMatch(await answer(running), /^v1 help \d$/);
  await folder.write(FILE, serving("v4"));
  await folder.write("help.ts", 'export const help = "fixed";\n');
  await running.log.waitFor(/ version \d serves after/, mark);
  assertMatch(await answer(running), /^v4 fixed \d$/);
});

test("a handler that begins to loop during a load: the save is loaded in a fresh worker", async ({ folder, running }) => {
  const late = running.ask("/late");
  await running.log.waitFor(/it waits/);
  const top = "globalThis.late?.();\nawait new Promise((resolve) => setTimeout(resolve, 50));";
  await folder.write(FILE, serving("v2", top));
  await running.log.waitFor(/INFO .* version 2 serves after [\d.]+ ms$/);
  assertEquals((await late).status, 503);
  assertMatch(await answer(running), /^v2 help \d$/);
});

test("an endless loop that is fixed before stuckAfter", async ({ folder, running }) => {
  await folder.write(FILE, serving("v2", `console.error("it loops now");\n${SPIN}`));
  await running.log.waitFor(/it loops now/);
  await folder.write(FILE, serving("v3"));
  await running.log.waitFor(/INFO .* version \d serves/);
  assertMatch(await answer(running), /^v3 help \d$/);
  const mark = running.log.mark;
  await folder.write(FILE, serving("v4"));
  await running.log.waitFor(/INFO .* version \d serves after .*in place/, mark);
  assertMatch(await answer(running), /^v4 help \d$/);
}, { stuckAfter: 1_000 });

test("an endless loop, and loadTimeout is over before stuckAfter", async ({ folder, running }) => {
  await folder.write(FILE, serving("v2", SPIN));
  await running.log.waitFor(/ERROR .* could not load the new version; version 1 keeps serving/);
  assertMatch(await answer(running), /^v1 help \d$/);
  await folder.write(FILE, serving("v3"));
  await running.log.waitFor(/INFO .* version \d serves/);
  assertMatch(await answer(running), /^v3 help \d$/);
}, { loadTimeout: 2_000, stuckAfter: 60_000 });

for (const asks of [false, true]) {
  const name = `a close() of the old version that spins${asks ? ", and requests" : ""}`;
  test(`${name}: the serving version comes back`, async ({ folder, running }) => {
    await folder.write(FILE, serving("v2").replace("spin()", `close() { ${SPIN} }\n  spin()`));
    await running.log.waitFor(/version 2 serves/);
    await folder.write(FILE, serving("v3"));
    await running.log.waitFor(/version 3 serves/);
    if (asks) running.ask().catch(() => {});
    await running.log.waitFor(/it is replaced/);
    assertMatch(await answer(running), /^v3 help 1$/);
    const mark = running.log.mark;
    await folder.write(FILE, serving("v4"));
    await running.log.waitFor(/version 4 serves .*in place/, mark);
    assertMatch(await answer(running), /^v4 help 2$/);
  });
}

test("an endless loop in a handler", async ({ folder, running }) => {
  await folder.write(FILE, serving("v2"));
  await running.log.waitFor(/version 2 serves/);
  running.ask("/spin").catch(() => {});
  await running.log.waitFor(/ERROR executor0\/rep-0 has not yielded for too long/);
  const mark = running.log.mark;
  await folder.write(FILE, serving("v3"));
  await running.log.waitFor(/INFO .* version 3 serves after [\d.]+ ms/, mark);
  assertMatch(await answer(running), /^v3 help \d$/);
  await folder.write(FILE, serving("v4"));
  await running.log.waitFor(/INFO .* version 4 serves after .*\(in place\)/, mark);
  assertMatch(await answer(running), /^v4 help \d$/);
});

test("a worker that a handler ends is replaced, and the next save is loaded in place", async ({ folder, running }) => {
  await folder.write(FILE, serving("v2"));
  await running.log.waitFor(/version 2 serves/);
  assertEquals((await running.ask()).text, "v2 help 2");
  assertEquals((await running.ask("/exit")).status >= 500, true);
  await running.log.waitFor(/ended because process.exit\(1\) was called; it is replaced/);
  assertEquals(await answer(running), "v2 help 1");
  await folder.write(FILE, serving("v3"));
  await running.log.waitFor(/INFO .* version 3 serves after .*\(in place\)/);
  assertEquals((await running.ask()).text, "v3 help 2");
});

test("a setup() that spins: the serving version comes back", async ({ folder, running }) => {
  await folder.write(FILE, serving("v2").replace("spin()", `setup() { ${SPIN} }\n  spin()`));
  await running.log.waitFor(/ERROR .* could not load the new version; version 1 keeps serving/);
  assertMatch(await answer(running), /^v1 help \d$/);
  await folder.write(FILE, serving("v3"));
  await running.log.waitFor(/INFO .* version \d serves/);
  assertMatch(await answer(running), /^v3 help \d$/);
});

test(
  "two replicas, an endless loop at the top level: both come back",
  async ({ folder, running }) => {
    await folder.write(FILE, serving("v2", SPIN));
    await running.log.waitFor(/ERROR .* could not load the new version; version 1 keeps serving/);
    for (let n = 0; n < 4; n++) assertMatch(await answer(running), /^v1 help \d$/);
    await folder.write(FILE, serving("v3"));
    await running.log.waitFor(/INFO .* version \d serves/);
    for (let n = 0; n < 4; n++) assertMatch(await answer(running), /^v3 help \d$/);
  },
  {},
  { replicas: 2 },
);

test(
  "two replicas that do not yield within the time of a load: both come back",
  async ({ folder, running }) => {
    await folder.write(FILE, serving("v2", SPIN));
    await running.log.waitFor(/ERROR .* could not load the new version; version 1 keeps serving/);
    for (let n = 0; n < 4; n++) assertMatch(await answer(running), /^v1 help \d$/);
  },
  { stuckAfter: 60_000, loadTimeout: 3_000 },
  { replicas: 2 },
);

Deno.test({
  name: "in place: CommonJS comes back from the contents that served",
  ignore: target.name === "bun",
  async fn() {
    await using folder = await TempFolder.make();
    await folder.write("b.cjs", "exports.b = 'b1';\n");
    await folder.write("a.cjs", 'exports.b = require("./b.cjs").b;\n');
    await folder.write("data.json", '{ "a": "j1" }\n');
    const main = (top = "") =>
      executorWith(
        saying("cjs.b + data.a"),
        `import cjs from "./a.cjs";\nimport data from "./data.json" with { type: "json" };\n${top}`,
      );
    await folder.write(FILE, main());
    await using running = await FlowProcess.serve(
      folder,
      // If the three files are seen as several saves, the last version may be loaded in a new worker: an endless loop there
      // ends with `loadTimeout`, not with `stuckAfter`.
      flowScript(
        { uses: folder.at(FILE), reload: "in-place" },
        { stuckAfter: 300, closeTimeout: 500, loadTimeout: 3_000 },
      ),
    );
    assertEquals((await running.ask()).text, "b1j1");
    await Promise.all([
      folder.write("b.cjs", "exports.b = 'b2';\n"),
      folder.write("data.json", '{ "a": "j2" }\n'),
      folder.write(FILE, main(SPIN)),
    ]);
    await running.log.waitFor(/ERROR .* could not load the new version; version 1 keeps serving/);
    assertEquals(await answer(running), "b1j1");
    await folder.write(FILE, main());
    await running.log.waitFor(/INFO .* version \d serves/);
    assertEquals(await answer(running), "b2j2");
    running.signal("SIGTERM");
    assertEquals(await running.exited(END_MS), 0);
  },
});
