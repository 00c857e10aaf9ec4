/** Requests in a worker that does not yield are answered; where the runtime can end it, it is replaced. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { BadServerError, Client } from "../../mod.ts";
import { askForEvents, eventsOf } from "../support/events.ts";
import { Latch } from "../support/latch.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { FILE } from "../support/reloading.ts";
import { ISOLATION, PACKAGE, target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answering, executorWith, waitingAtGate } from "./_serving.ts";

const OPTIONS = { stuckAfter: 300, closeTimeout: 500 };
/** In a thread of Deno, a loop goes on. */
const canKill = target.name !== "deno" || ISOLATION === "process";
const REASON =
  /^CutError: executor0\/rep-0 has not yielded for 300 ms, .*a handler loops.*stuckAfter \(stuck_after in YAML\)/;

/** Loops for so many milliseconds. */
const looping = (ms: number) =>
  `  @requests({ on: "/loop" })
  loop(docs) {
    for (const doc of docs) doc.text = "changed";
    for (const end = Date.now() + ${ms}; Date.now() < end;);
    this.logger.info("the loop is over");
  }
  @requests({ on: "/loop_in_stream" })
  async *words(docs) {
    yield { text: "the first word" };
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const end = Date.now() + ${ms}; Date.now() < end;);
    yield { text: "the second word" };
  }
`;

const FOREVER = looping(1e9);

async function serve(folder: TempFolder, source: string, add = {}, options = {}): Promise<FlowProcess> {
  await folder.write(FILE, source);
  const script = flowScript({ uses: folder.at(FILE), ...add }, { ...OPTIONS, ...options });
  const running = await FlowProcess.serve(folder, script);
  assertEquals((await running.ask()).status, 200);
  return running;
}

/** Asks until it is answered with 200 again. */
async function comesBack(running: FlowProcess): Promise<string> {
  for (const deadline = Date.now() + 8_000;;) {
    const { status, text, body } = await running.ask();
    if (status === 200) return text;
    if (Date.now() > deadline) throw new Error(`It does not come back: ${status} ${body}`);
  }
}

Deno.test("a request that loops, and those beside it, are answered with 503 and the reason", async () => {
  await using folder = await TempFolder.make();
  await using latch = new Latch();
  await using running = await serve(folder, executorWith(answering("v1") + waitingAtGate("slow") + FOREVER));
  const beside = running.ask("/slow", "beside", { latch: latch.url });
  await latch.reached();
  const seen = await Promise.all([running.ask("/loop", "as it came"), beside]);
  for (const { status, body } of seen) {
    assertEquals(status, 503);
    const { header, data } = JSON.parse(body);
    assertMatch(header.status.description, REASON);
    const { code, exception } = header.status;
    assertEquals([code, exception.name, exception.executor], [1, "CutError", "executor0"]);
    assertMatch(data[0].text, /as it came|beside/);
  }
  await running.log.waitFor(
    /ERROR executor0\/rep-0 has not yielded for too long: it gets no more requests, and the 2 in it got 503\. .*stuckAfter, 300 ms/,
  );
  if (canKill) {
    assertEquals((await running.ask()).text, "v1");
    await running.log.waitFor(
      /ERROR executor0\/rep-0 ended because it did not yield for 300 ms; it is replaced/,
    );
  } else {
    const { status, body } = await running.ask();
    assertEquals(status, 503);
    assertMatch(body, /executor0 is down: executor0\/rep-0 does not yield/);
  }
  running.signal("SIGTERM");
  assertEquals(await running.exited(5_000), 0);
});

Deno.test("a request that loops: our client throws a BadServerError that names stuckAfter", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, executorWith(answering("v1") + FOREVER));
  const client = new Client({ port: running.port });
  const error = await client.post("/loop", [{ text: "x" }]).then(() => undefined, (error) => error);
  assert(error instanceof BadServerError, String(error));
  assertEquals([error.status, error.executor], [503, "executor0"]);
  assertMatch(error.message, REASON);
});

Deno.test("a stream that loops ends with an error event of status 503", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, executorWith(answering("v1") + FOREVER));
  const body = { data: [{ text: "x" }], execEndpoint: "/loop_in_stream" };
  const response = await askForEvents(`http://127.0.0.1:${running.port}/post`, body);
  assertEquals(response.status, 200);
  const [first, last, ...rest] = await Array.fromAsync(eventsOf(response));
  assertEquals([first.name, first.data.text, last.name, last.data.status], [
    "update",
    "the first word",
    "error",
    503,
  ]);
  assertMatch(last.data.header.status.description, REASON);
  assertEquals(rest, []);
});

Deno.test("one of two replicas loops: its request is answered with 503, the other one answers", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, executorWith(answering("v1") + FOREVER), { replicas: 2 });
  const { status, body } = await running.ask("/loop");
  assertEquals(status, 503, body);
  const answers = await Promise.all(Array.from({ length: 6 }, () => running.ask()));
  assertEquals(answers.map(({ text }) => text), Array(6).fill("v1"));
});

Deno.test("a version that was replaced loops: its request is answered with 503 at once, too", async () => {
  await using folder = await TempFolder.make();
  const source = (text: string) => executorWith(`${answering(text)}${FOREVER}`);
  await using running = await serve(folder, source("v1"), { reload: true }, { stuckAfter: 1_500 });
  const loop = running.ask("/loop");
  // By then the loop has begun: the file system is slower.
  await folder.write(FILE, source("v2"));
  await running.log.waitFor(/version 2 serves/);
  assertEquals((await running.ask()).text, "v2");
  assertEquals((await loop).status, 503);
  assertEquals((await running.ask()).text, "v2");
  running.signal("SIGTERM");
  await running.exited(6_000);
});

Deno.test("stuckAfter: long work that does not yield is left alone below it, and with Infinity", async () => {
  for (const stuckAfter of [3_000, undefined]) {
    await using folder = await TempFolder.make();
    await folder.write(FILE, executorWith(answering("v1") + looping(800)));
    const options = `{ port: 0, stuckAfter: ${stuckAfter ?? "Infinity"} }`;
    const script = `import { Flow } from ${JSON.stringify(PACKAGE)};
const flow = await new Flow(${options}).add({ uses: "./${FILE}" }).start();
console.log(flow.port);
await flow.block();
`;
    await using running = await FlowProcess.serve(folder, script);
    const { status, text } = await running.ask("/loop");
    assertEquals([status, text], [200, "changed"]);
    assertEquals(running.log.count(/not yielded/), 0);
  }
});

Deno.test("a loop that ends after it was given up: the Executor serves again", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, executorWith(answering("v1") + looping(1_000)));
  assertEquals((await running.ask("/loop")).status, 503);
  assertEquals(await comesBack(running), "v1");
  await running.log.waitFor(canKill ? /it is replaced/ : /INFO executor0\/rep-0 yields again/);
  const { deployments: [{ versions: [{ replicas: [{ calls, stuck }] }] }] } = await (await fetch(
    `http://127.0.0.1:${running.port}/status`,
  )).json();
  assertEquals([calls, stuck], [0, false]);
  running.signal("SIGTERM");
  assertEquals(await running.exited(5_000), 0);
});

Deno.test("the second Executor of a Flow loops: 503 with the documents as they came to it, and not twice", async () => {
  await using folder = await TempFolder.make();
  await folder.write("first.ts", executorWith(`  @requests() foo(docs) { docs[0].text += " to it"; }`));
  await folder.write("second.ts", executorWith(FOREVER));
  const script = `import { Flow } from ${JSON.stringify(PACKAGE)};
const flow = await new Flow({ port: 0, stuckAfter: 300, closeTimeout: 500 })
  .add({ uses: "./first.ts" }).add({ uses: "./second.ts", replicas: 2 }).start();
console.log(flow.port);
await flow.block();
`;
  await using running = await FlowProcess.serve(folder, script);
  const { status, body } = await running.ask("/loop", "as it came");
  const { header, data } = JSON.parse(body);
  assertEquals([status, data[0].text], [503, "as it came to it"]);
  assertMatch(header.status.description, /^CutError: executor1\/rep-\d has not yielded for 300 ms/);
  await running.log.waitFor(/has not yielded/);
  assertEquals(running.log.count(/has not yielded/), 1);
  running.signal("SIGTERM");
  await running.exited(5_000);
});

Deno.test({
  name: "a worker that loops again and again is left down, with 503 and the reason",
  ignore: !canKill,
  async fn() {
    await using folder = await TempFolder.make();
    const source = executorWith(answering("v1") + FOREVER);
    await using running = await serve(folder, source, {}, { stuckAfter: 100 });
    for (let deaths = 1; deaths <= 4; deaths++) assertEquals((await running.ask("/loop")).status, 503);
    await running.log.waitFor(/it ended again and again, .*it did not yield for 100 ms; it is left down/);
    const { status, body } = await running.ask();
    assertEquals(status, 503);
    assertMatch(body, /executor0 is down: .*again and again.*did not yield for 100 ms/);
  },
});

Deno.test({
  name: "an exclusive Executor loops while its successor waits: it is ended, and the successor serves",
  ignore: !canKill,
  async fn() {
    await using folder = await TempFolder.make();
    const held = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = held.addr as Deno.NetAddr;
    held.close();
    const source = (text: string) =>
      executorWith(
        `  static exclusive = true;
${answering(text)}${FOREVER}
  async setup() {
    this.server = createServer(() => {});
    await new Promise((resolve, reject) => this.server.once("error", reject).listen(${port}, "127.0.0.1", resolve));
  }
  async close() { await new Promise((resolve) => this.server.close(resolve)); }`,
        'import { createServer } from "node:net";',
      );
    await using running = await serve(folder, source("v1"), { reload: true }, { stuckAfter: 1_000 });
    const loop = running.ask("/loop");
    await folder.write(FILE, source("v2"));
    assertEquals((await loop).status, 503);
    await running.log.waitFor(/INFO executor0\/rep-0 version 2 serves/);
    assertEquals((await running.ask()).text, "v2");
    assertEquals(running.log.count(/could not/), 0, running.log.lines.join("\n"));
  },
});
