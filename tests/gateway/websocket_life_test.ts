/** WebSockets while Executors are reloaded, and when the Flow closes. On each runtime. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { inTime } from "../support/in_time.ts";
import { Latch } from "../support/latch.ts";
import { executorSource, FlowFixture } from "../support/flow_fixture.ts";
import { handshake, SocketClient } from "../support/socket_client.ts";
import { FILE, request, socketTest } from "./_sockets.ts";

/** How long a close may take that has nothing to wait for. */
const END_MS = 3_000;

socketTest("close() waits for the requests of WebSockets, then closes them with 1001", async (fixture) => {
  await using latch = new Latch();
  using client = await SocketClient.open(fixture.port);
  using idle = await SocketClient.open(fixture.port, "/", "bytes");
  for (let i = 0; i < 100; i++) client.send(request("/slow", "x", { latch: latch.url }));
  await latch.reached();
  // An answer on another connection: what was sent before has arrived.
  await fixture.ask("/seen");
  const closed = fixture.close();
  assertEquals(await idle.end(), { code: 1001, reason: "the server is closing" });
  latch.open();
  let answers = 0;
  const drained = (async () => {
    for (;; answers++) await client.message();
  })().catch(() => {});
  assertEquals((await client.end()).code, 1001);
  await drained;
  // One or more may have been taken for what came too late.
  assert(answers >= 1, `${answers} answers`);
  await inTime(closed, "close()", END_MS);
});

socketTest("close() does not wait for clients that do not answer", async (fixture) => {
  const { client } = await handshake(fixture.port);
  using _ = client;
  await inTime(fixture.close(), "close()", END_MS);
  await client.rest();
});

socketTest("close() cuts a request over a WebSocket at closeTimeout, and answers it", async (fixture) => {
  await using latch = new Latch();
  using client = await SocketClient.open(fixture.port);
  client.send(request("/slow", "x", { latch: latch.url }));
  await latch.reached();
  const closed = fixture.close();
  const { header: { status } } = await client.json();
  assertEquals(status.code, 1);
  assertMatch(status.description, /clos/);
  assertEquals((await client.end()).code, 1001);
  await inTime(closed, "close()", END_MS);
}, { closeTimeout: 200 });

Deno.test("WebSocket loses nothing during 50 saves", async () => {
  await using fixture = await FlowFixture.make();
  const source = (version: number) => executorSource(`v${version}`);
  await fixture.folder.write(FILE, source(0));
  await fixture.serve({ uses: FILE, reload: true });
  using client = await SocketClient.open(fixture.port);
  const texts: string[] = [];
  let [saving, sent] = [true, 0];
  const talk = async () => {
    while (saving) {
      for (let i = 0; i < 8; i++, sent++) client.send(request("/", String(sent)));
      for (let i = 0; i < 8; i++) {
        const { header, data } = await client.json();
        assertEquals(header.status, undefined);
        texts.push(data[0].text);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const save = async () => {
    for (let version = 1; version <= 50; version++) {
      await fixture.folder.writeAtomic(FILE, source(version));
      while (texts.at(-1) !== `v${version}`) await fixture.ask();
    }
  };
  await Promise.all([talk(), save().finally(() => saving = false)]);
  client.send(request("/"));
  assertEquals((await client.json()).data[0].text, "v50");
  assertEquals(texts.length, sent);
  // The versions come in their order.
  const numbers = texts.map((text) => Number(text.slice(1)));
  assertEquals(numbers, numbers.toSorted((a, b) => a - b));
});
