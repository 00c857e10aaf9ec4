/** Requests and answers that are under way when a Flow is closed: they finish, or are cut at the deadline. */
import { assertEquals, assertMatch } from "@std/assert";
import { inTime } from "../support/in_time.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { RawClient } from "../support/raw_client.ts";
import { FILE } from "../support/reloading.ts";
import type { FlowFixture } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

const BODY = '{"data":[{}]}';
const LARGE = 20_000_000;
const SOURCE = executorWith(`${answering("v1")}  @requests({ on: "/large" })
  large(docs) { for (const doc of docs) doc.text = "x".repeat(${LARGE}); }
`);

const WAYS = {
  "block()": "await flow.block();",
  "close()": `const { promise, resolve } = Promise.withResolvers();
process.once("SIGTERM", resolve);
await promise;
await flow.close();`,
};

/** A process that is told to close its Flow while a client does this: it ends soon after the deadline. */
async function ends(then: string, begin: (client: RawClient) => Promise<unknown>): Promise<void> {
  await using folder = await TempFolder.make();
  await folder.write(FILE, SOURCE);
  const script = flowScript({ uses: folder.at(FILE), reload: true }, { closeTimeout: 300 }, then);
  await using running = await FlowProcess.serve(folder, `import process from "node:process";\n${script}`);
  using client = await RawClient.connect(running.port);
  await begin(client);
  // What came before this was taken in.
  await running.ask();
  running.signal("SIGTERM");
  assertEquals(await running.exited(5_000), 0);
  assertEquals(running.log.lines.filter((line) => !line.startsWith("INFO Flow")), []);
}

for (const [way, then] of Object.entries(WAYS)) {
  Deno.test(`${way} cuts a request whose body does not come to its end`, async () => {
    await ends(then, (client) => client.post("/post", BODY.slice(0, 4), BODY.length));
  });

  Deno.test(`${way} cuts an answer that its client does not take`, async () => {
    await ends(then, (client) => client.post("/large", BODY).then(() => client.read()));
  });

  Deno.test(`${way} does not wait for a client that has not asked yet`, async () => {
    await ends(then, (client) => client.send("POST /post HTTP/1.1\r\nhost: loc"));
  });
}

/** Waits until a Flow that is being closed takes no more requests. */
async function refusing(fixture: FlowFixture): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await fixture.ask().catch(() => undefined))?.status === 200) {
    if (performance.now() > deadline) throw new Error("It still takes requests");
  }
}

reloadTest(
  "close() lets a request whose body is still coming finish, and takes no other",
  async (fixture) => {
    await fixture.folder.write(FILE, SOURCE);
    await fixture.serve({ uses: FILE, reload: true });
    using client = await RawClient.connect(fixture.port);
    await client.post("/post", BODY.slice(0, 4), BODY.length);
    await fixture.ask();
    const closed = fixture.close();
    await refusing(fixture);
    await client.send(BODY.slice(4));
    const [answer] = await inTime(Promise.all([client.rest(), closed]), "close()", 5_000);
    assertMatch(answer, /^HTTP\/1.1 200 OK\r\n[\s\S]*"text":"v1"/);
  },
);

reloadTest("close() lets an answer finish that its client is still taking", async (fixture) => {
  await fixture.folder.write(FILE, SOURCE);
  await fixture.serve({ uses: FILE, reload: true });
  using client = await RawClient.connect(fixture.port);
  await client.post("/large", BODY);
  const beginning = await client.read();
  const closed = fixture.close();
  await refusing(fixture);
  const [answer] = await inTime(Promise.all([client.rest(), closed]), "close()", 5_000);
  assertMatch(beginning, /^HTTP\/1.1 200 OK\r\n/);
  const [text] = /x+/.exec(/"text":"x*/.exec(beginning + answer)?.[0].slice(8) ?? "") ?? [""];
  assertEquals(text.length, LARGE);
});
